import { Playback } from "./playback.js";

class PlayerProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.playback = new Playback(sampleRate, (message) => this.port.postMessage(message));
    this.port.onmessage = (event) => this.playback.handle(event.data);
  }

  process(_inputs, outputs) {
    this.playback.render(outputs[0][0], currentFrame);
    return true;
  }
}

registerProcessor("makima-player", PlayerProcessor);
