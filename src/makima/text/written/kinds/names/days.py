"""Days of the week: how they are cut short, and in full."""

from __future__ import annotations

DAYS = {
    "English": ("Mon Tue Wed Thu Fri Sat Sun", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday", " to "),
    "German": ("Mo Di Mi Do Fr Sa So", "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", " bis "),
    "French": ("Lun Mar Mer Jeu Ven Sam Dim", "lundi mardi mercredi jeudi vendredi samedi dimanche", " à "),
    "Spanish": ("Lun Mar Mié Jue Vie Sáb Dom", "lunes martes miércoles jueves viernes sábado domingo", " a "),
    "Italian": ("Lun Mar Mer Gio Ven Sab Dom", "lunedì martedì mercoledì giovedì venerdì sabato domenica", " a "),
    "Portuguese": ("Seg Ter Qua Qui Sex Sáb Dom", "segunda terça quarta quinta sexta sábado domingo", " a "),
    "Russian": ("Пн Вт Ср Чт Пт Сб Вс", "понедельник вторник среда четверг пятница суббота воскресенье", " - "),
}
"""Days cut short, days in full, and what stands between two of them."""
