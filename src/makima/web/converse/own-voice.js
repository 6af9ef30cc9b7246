/**
 * Tells whether the microphone hears nothing but the reply that is played: where the browser's echo cancellation is off,
 * or has not learnt the room yet, a reply would else interrupt itself.
 *
 * The loudness of the microphone over the last second is compared with that of the sound that was played, at every delay
 * there may be between the two. What a fixed share of the sound, with the tail of a room, explains is the reply; what is
 * louder than that, or in its gaps, is someone who speaks.
 */

const WINDOW = 60; // pieces of 20 ms that are compared
const LEAST = 10; // fewer tell nothing
const DELAYS = 20; // of one piece each, from loudspeaker to microphone and through the browser
const MARGIN = 1.6; // louder than its share by this: not explained by it
const UNEXPLAINED = 0.1; // of the power that was heard: above this someone speaks
const TAIL = 0.8; // what is left of a sound in a room after one piece
const SOUND = 0.01; // louder than a pause
const AFTER = 25; // pieces for which it may still be heard

export class OwnVoice {
  #heard = []; // loudness of the microphone, 0 to 1, a piece each, the newest last
  #played = []; // of what was played then, with the room's tail
  #since = Infinity; // pieces since something was played last
  #pieces = 0; // since it began
  #before = 0; // loudness of the microphone before it began
  #tail = 0;

  /** One piece of 20 ms, by the loudest sample of what is heard and of what is played. True: that is all there is in it. */
  hears(heard, played) {
    this.#tail = Math.max(played, this.#tail * TAIL);
    this.#keep(heard, this.#tail);
    if (played > SOUND) {
      if (this.#since > AFTER) this.#begin();
      this.#since = 0;
    } else this.#since++;
    if (this.#since > AFTER) return false;
    this.#pieces++;
    // The guard of the recogniser is longer than this; but who spoke already goes on.
    if (this.#pieces < LEAST) return this.#before < 2 * SOUND;
    return this.#unexplained() < UNEXPLAINED;
  }

  #begin() {
    this.#pieces = 0;
    this.#before = Math.max(0, ...this.#heard.slice(-LEAST, -1));
  }

  #keep(heard, played) {
    this.#heard.push(heard);
    this.#played.push(played);
    if (this.#heard.length > WINDOW + DELAYS) {
      this.#heard.shift();
      this.#played.shift();
    }
  }

  /** The share of the heard power that no delay of what was played explains. */
  #unexplained() {
    const count = Math.min(WINDOW, this.#pieces);
    const heard = this.#heard.slice(-count);
    const power = heard.reduce((sum, level) => sum + level * level, 1e-12);
    let least = 1;
    for (let delay = 0; delay < DELAYS; delay++) {
      const played = heard.map((_, i) => this.#played[this.#heard.length - count + i - delay] ?? 0);
      least = Math.min(least, rest(heard, played) / power);
    }
    return least;
  }
}

/** The power of what is heard beyond the share of what was played that fits it best. */
function rest(heard, played) {
  let both = 0;
  let power = 0;
  played.forEach((level, i) => {
    both += level * heard[i];
    power += level * level;
  });
  if (power === 0) return Infinity;
  const share = (MARGIN * both) / power;
  return heard.reduce((sum, level, i) => sum + Math.max(0, level - share * played[i]) ** 2, 0);
}
