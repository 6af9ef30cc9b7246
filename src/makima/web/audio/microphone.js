/** The microphone, or the sound of a tab: asks for it, and hands on what it hears. */

const LEAST_HZ = 8000;
const MOST_HZ = 48000;

// The browser takes what it plays itself out of what it hears, so that a reply is not taken for someone who speaks.
const WISHES = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };

const CODES = {
  NotAllowedError: "MICROPHONE_DENIED",
  SecurityError: "MICROPHONE_DENIED",
  NotFoundError: "NO_MICROPHONE",
  OverconstrainedError: "NO_MICROPHONE",
  NotReadableError: "MICROPHONE_BUSY",
  AbortError: "MICROPHONE_BUSY",
};

const OWN = { TAB_SILENT: true };

/** Events: `audio` (detail: {pcm, peak}; pcm is an ArrayBuffer of 16-bit samples), `lost` (it was unplugged). */
export class Microphone extends EventTarget {
  #stream = null;
  #context = null;
  #opening = 0; // counts, so that one that was closed meanwhile stays closed

  get open() {
    return this.#context !== null;
  }

  /** The rate of what it hears. */
  get sampleRate() {
    return this.#context?.sampleRate ?? null;
  }

  /** `granted`, `denied` or `prompt`: what would happen if it were asked for. */
  static async permission() {
    if (!navigator.mediaDevices?.getUserMedia) return "impossible";
    try {
      return (await navigator.permissions.query({ name: "microphone" })).state;
    } catch {
      return "prompt"; // a browser that does not tell
    }
  }

  /** To be called from inside a gesture. Throws {code} where it is not available. */
  start() {
    if (!navigator.mediaDevices?.getUserMedia) throw { code: "MICROPHONE_INSECURE" };
    return this.#start(() => navigator.mediaDevices.getUserMedia({ audio: WISHES }));
  }

  /** Likewise, of a tab or a window that the person chooses. Throws {code} where it has no sound, or none was chosen. */
  startTab() {
    if (!navigator.mediaDevices?.getDisplayMedia) throw { code: "TAB_SILENT" };
    return this.#start(async () => {
      // Browsers share sound only along with a picture, which is not looked at.
      const stream = await navigator.mediaDevices.getDisplayMedia({ audio: true, video: true });
      if (stream.getAudioTracks().length > 0) return stream;
      for (const track of stream.getTracks()) track.stop();
      throw { code: "TAB_SILENT" };
    });
  }

  async #start(ask) {
    const opening = ++this.#opening;
    const context = makeContext();
    let stream = null;
    try {
      stream = await ask();
      await context.audioWorklet.addModule(new URL("./capture-worklet.js", import.meta.url));
    } catch (error) {
      release(stream, context);
      if (error.code in OWN) throw error;
      throw { code: CODES[error.name] ?? "NO_MICROPHONE", message: error.name in CODES ? "" : error.message };
    }
    if (opening !== this.#opening) {
      release(stream, context);
      return;
    }
    const node = new AudioWorkletNode(context, "makima-capture", { numberOfOutputs: 0, channelCount: 1 });
    node.port.onmessage = (event) => {
      if (opening === this.#opening) this.dispatchEvent(new CustomEvent("audio", { detail: event.data }));
    };
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(node);
    context.resume().catch(() => {});
    stream.getAudioTracks()[0].onended = () => {
      if (opening !== this.#opening) return;
      this.stop();
      this.dispatchEvent(new Event("lost"));
    };
    this.#stream = stream;
    this.#context = context;
  }

  stop() {
    this.#opening++;
    release(this.#stream, this.#context);
    this.#stream = this.#context = null;
  }
}

/** At a rate that the server can hear at. */
function makeContext() {
  // On iPhones a page that only plays may not listen.
  if (navigator.audioSession) navigator.audioSession.type = "play-and-record";
  const context = new AudioContext();
  if (context.sampleRate >= LEAST_HZ && context.sampleRate <= MOST_HZ) return context;
  context.close();
  return new AudioContext({ sampleRate: MOST_HZ });
}

function release(stream, context) {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
  context?.close().catch(() => {});
}
