/** Hands on what the microphone gives, in pieces of 20 ms of 16-bit samples, each with its loudest one. */

const PIECE_S = 0.02;

class CaptureProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.size = Math.round(PIECE_S * sampleRate);
    this.begin();
  }

  begin() {
    this.piece = new Int16Array(this.size);
    this.filled = 0;
    this.peak = 0;
  }

  process([input]) {
    const samples = input[0];
    if (!samples) return true; // nothing is connected at the moment
    for (const sample of samples) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32767)));
      if (this.filled === this.size) {
        this.port.postMessage({ pcm: this.piece.buffer, peak: this.peak }, [this.piece.buffer]);
        this.begin();
      }
    }
    return true;
  }
}

registerProcessor("makima-capture", CaptureProcessor);
