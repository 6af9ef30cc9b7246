/** What to read aloud into the microphone: ten seconds, with most sounds of the language and some melody. */
export const READ_ALOUD = {
  Chinese: "今天早上我打开窗户，发现院子里的花都开了。你闻到了吗？空气又清新又温暖，我真想马上出去走一走，再买一杯热茶。",
  English:
    "This morning I opened the window, and what did I see? The whole garden was in bloom. " +
    "The air was fresh and warm, so I took my coat, bought a cup of tea, and walked until noon.",
  Japanese:
    "今朝、窓を開けたら、庭の花がみんな咲いていました。いい匂いがするでしょう？" +
    "空気がとても気持ちよかったので、お茶を買って、お昼までゆっくり散歩しました。",
  Korean:
    "오늘 아침에 창문을 열었더니 뜰에 꽃이 모두 피어 있었어요. 향기가 나지 않나요? " +
    "공기가 참 맑고 따뜻해서, 따뜻한 차를 한 잔 사 들고 점심때까지 천천히 걸었습니다.",
  German:
    "Heute Morgen habe ich das Fenster geöffnet, und was sehe ich? Der ganze Garten blüht. " +
    "Die Luft war frisch und warm, also nahm ich meinen Mantel, kaufte mir einen Tee und ging bis zum Mittag spazieren.",
  French:
    "Ce matin, j'ai ouvert la fenêtre, et qu'est-ce que j'ai vu ? Tout le jardin était en fleurs. " +
    "L'air était doux et frais, alors j'ai pris mon manteau, acheté un thé, et marché jusqu'à midi.",
  Russian:
    "Сегодня утром я открыл окно, и что же я увидел? Весь сад был в цвету. " +
    "Воздух был свежий и тёплый, поэтому я надел пальто, купил чашку чая и гулял до самого обеда.",
  Portuguese:
    "Hoje de manhã abri a janela, e o que foi que eu vi? O jardim inteiro estava em flor. " +
    "O ar estava fresco e agradável, então peguei o casaco, comprei um chá e caminhei até o meio-dia.",
  Spanish:
    "Esta mañana abrí la ventana, ¿y qué fue lo que vi? Todo el jardín estaba en flor. " +
    "El aire era fresco y agradable, así que tomé mi abrigo, compré un té y caminé hasta el mediodía.",
  Italian:
    "Questa mattina ho aperto la finestra, e che cosa ho visto? Tutto il giardino era in fiore. " +
    "L'aria era fresca e dolce, così ho preso il cappotto, ho comprato un tè e ho camminato fino a mezzogiorno.",
};

/** ISO codes, for the `lang` of what is shown. */
export const CODES = {
  Chinese: "zh",
  English: "en",
  Japanese: "ja",
  Korean: "ko",
  German: "de",
  French: "fr",
  Russian: "ru",
  Portuguese: "pt",
  Spanish: "es",
  Italian: "it",
};
