/** What Speak says when nothing was written: one sentence in each language. */

import { interfaceLanguage } from "../words/language.js";

const SAMPLES = {
  Chinese: "晚上好。这句话刚刚写下，现在你已经听见了。",
  English: "Good evening. This sentence was only text a moment ago, and now you can hear it.",
  Japanese: "こんばんは。この文章はさっきまで文字でしたが、もう声になって聞こえています。",
  Korean: "안녕하세요. 방금까지 글이었던 이 문장이 이제 목소리로 들립니다.",
  German: "Guten Abend. Eben war dieser Satz noch Text, und jetzt ist er zu hören.",
  French: "Bonsoir. Cette phrase n’était qu’un texte il y a un instant, et vous l’entendez déjà.",
  Russian: "Добрый вечер. Ещё мгновение назад это был просто текст, а теперь вы его слышите.",
  Portuguese: "Boa noite. Há um instante esta frase era só texto, e agora já se ouve.",
  Spanish: "Buenas noches. Hace un momento esta frase era solo texto, y ahora ya se oye.",
  Italian: "Buonasera. Un attimo fa questa frase era solo testo, e adesso la si sente.",
};

const NAMES = { en: "English", ja: "Japanese", de: "German", es: "Spanish", fr: "French", zh: "Chinese" };

/** The language of the interface, as the server calls it. */
export const spokenHere = () => NAMES[interfaceLanguage()];

/** The sentence in this language; for Auto in that of the interface. */
export const sample = (language) => SAMPLES[language] ?? SAMPLES[spokenHere()];
