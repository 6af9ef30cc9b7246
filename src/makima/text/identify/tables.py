"""Words that tell of one of the six languages of Latin script, and greetings, which are short."""

from __future__ import annotations

GREETINGS = {
    "English": "hello hi hey thanks yes okay sure welcome goodbye bye please sorry good great well perfect morning no problem",
    "German": "hallo servus moin tag guten morgen abend danke bitte ja nein tschüss gut genau natürlich willkommen gerne",
    "French": "bonjour salut bonsoir merci oui non bienvenue d'accord voilà très parfait allô",
    "Portuguese": "olá oi bom boa dia tarde noite obrigado obrigada sim não tchau tudo bem até logo",
    "Spanish": "hola buenos buenas días tardes noches gracias sí adiós vale claro bienvenido qué tal hasta luego",
    "Italian": "ciao buongiorno buonasera salve grazie sì prego arrivederci perfetto certo benvenuto",
}
GREETING_OF: dict[str, set[str]] = {}
for _language, _words in GREETINGS.items():
    for _word in _words.split():
        GREETING_OF.setdefault(_word, set()).add(_language)

# Words of short sentences, of which the model says little. Those of several languages are in each.
TELLING = {
    "English": "born died open closed costs page card since about see due the a an is are was were be been i i'm it it's he she we you they this that these there here of in on at to for "
    "from by with and or not no do does did don't have has had my your his her our what what's how when where who why "
    "can will would need want see good today tomorrow now please very much more than into as if but so",
    "German": "karte seite geboren geöffnet dauert wiegt der die das den dem des ein eine einen einem einer ich du er sie es wir ihr mein meine dein sein seine ist "
    "sind bin war hat habe haben wird wie wo wann wer warum was und oder nicht kein mit auf für von vom zu zum zur in im "
    "an am bei aus nach um über bis ab pro heute morgen jetzt hier gibt geht kann möchte danke bitte uhr auch so aber "
    "schon noch sich tel kostet nr",
    "French": "vaut l'euro dure mesure pèse carte ouvert né le la les l'un un une des du de d' je j'ai tu il elle on nous vous ils c'est ce cet cette est es sont suis ai "
    "avez avons où quand comment pourquoi aujourd'hui demain maintenant ici mon ma mes son sa ses et ou ne pas plus avec "
    "pour par sur dans en au aux à qui que se sans très y veux peux voir tél mois ans heures coûte",
    "Spanish": "vale beba tome cada dura pesa hace tarjeta página abierto nació el la los las un una unos unas de del al a y o e en con por para que no se me te lo su mi tu es son soy está "
    "están estoy hay tiene tengo tenemos cómo dónde cuándo cuánto qué hoy mañana ahora aquí quiero puedo muy más pero "
    "como sobre entre sin desde hasta cuesta cuestan mide véase ver tel mes años día días horas gana",
    "Italian": "vale l'euro dura misura pesa carta pagina aperto nato il lo la i gli le un uno una di del della dei delle da dal dalla a al alla alle in nel nella con su per tra "
    "e o che non si mi ti ci è sono sei ho ha hai abbiamo siamo sto stai dove quando perché come chi cosa oggi domani "
    "adesso qui voglio vorrei posso molto più ma anche quanto costa vedi tel mese anni ore",
    "Portuguese": "noite vale beba tome cada dura pesa faz cartão página disque aberto nasceu o a os as um uma uns umas de do da dos das no na nos nas em ao à às aos e ou com por para pra que não se "
    "me te eu você vocês ele ela é são sou está estão tem tenho temos há onde quando quanto como por hoje amanhã agora "
    "aqui quero posso meu minha muito mais mas até entre sem sobre pelo pela custa custam mede ver tel mês anos horas",
}
TELLING_OF: dict[str, set[str]] = {}
for _language, _words in TELLING.items():
    for _word in _words.split():
        TELLING_OF.setdefault(_word, set()).add(_language)

LABELS = {
    "English": "page room chapter price phone minutes hours weeks months years monday tuesday wednesday thursday friday saturday sunday address total order invoice amount table floor gate seat camera data piano via real stock date code taxi",
    "German": "preis preise telefon telefonnummer zimmer seite seiten kapitel abschnitt minuten stunden tage tagen wochen monate monaten jahre jahren sekunden uhr "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember "
    "straße hausnummer postleitzahl rechnung rechnungsnummer bestellung bestellnummer kundennummer betrag gesamt summe menge stück größe gewicht "
    "höhe breite länge geschwindigkeit temperatur datum uhrzeit adresse anzahl gleis bahnsteig stock etage gutschein rabatt artikel dateien datei "
    "personen kinder euro tabelle abbildung übung lektion aufgabe frage antwort schritt kilometer prozent kontonummer karte kostet kosten ab",
    "French": "prix chambre chapitre téléphone numéro minutes heures jours semaines ans années secondes lundi mardi mercredi jeudi vendredi samedi dimanche "
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre rue facture commande montant total taille poids hauteur largeur "
    "longueur vitesse température date adresse quantité quai étage fichiers fichier personnes enfants euros exercice leçon étape question réponse coûte page "
    "pièce places siège porte voie tarif remise carte",
    "Spanish": "precio precios habitación capítulo página páginas teléfono número minutos horas días semanas meses años segundos lunes martes miércoles jueves viernes sábado domingo "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre calle factura pedido importe total talla tamaño peso altura anchura "
    "longitud velocidad temperatura fecha dirección cantidad andén piso planta archivos archivo personas niños euros ejercicio lección paso pregunta respuesta cuesta "
    "tarjeta asiento puerta descuento cuenta código contraseña kilómetros mesa sala",
    "Italian": "prezzo prezzi camera stanza capitolo pagina pagine telefono numero minuti ore giorni settimane mesi anni secondi lunedì martedì mercoledì giovedì venerdì sabato domenica "
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre via fattura ordine importo totale taglia peso altezza larghezza "
    "lunghezza velocità temperatura data indirizzo quantità binario piano persone bambini euro esercizio lezione passo domanda risposta costa costo "
    "carta posto porta sconto conto codice chilometri tavolo sala",
    "Portuguese": "preço preços quarto capítulo página páginas telefone número minutos horas dias semanas meses anos segundos segunda-feira terça-feira sábado domingo "
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro rua fatura pedido valor total tamanho peso altura largura "
    "comprimento velocidade temperatura data endereço quantidade plataforma andar arquivos arquivo pessoas crianças euros exercício lição passo pergunta resposta custa "
    "cartão assento porta desconto conta código senha quilômetros mesa sala reais real",
}
"""Words that stand by themselves beside a number: `Preis: 5 €`, `Capítulo 3`, `5 minuti`."""

LABEL_OF: dict[str, set[str]] = {}
for _language, _words in LABELS.items():
    for _word in _words.split():
        LABEL_OF.setdefault(_word, set()).add(_language)
