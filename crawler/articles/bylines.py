"""Lines that hold nothing but a date, or nothing but who wrote the article."""

from __future__ import annotations

import re

_MAX_WORDS = 14
_MONTHS = (
    "jan(?:uary|uar|vier|uari)?|jän(?:ner)?|feb(?:ruary|ruar|ruari|brero|braio)?|févr?(?:ier)?|fevereiro|febrero|"
    "febbraio|mar(?:ch|s|zo|ço|et|t|ca)?|märz|maart|apr(?:il|ile|el)?|avr(?:il)?|abr(?:il)?|"
    "may|mai|maj|mei|mayo|maggio|maio|maja|jun[ei]?|juin|junio|giugno|junho|jul[iy]?|juillet|julio|luglio|julho|"
    "aug(?:ust|usti|ustus)?|août|ago(?:sto)?|"
    "sep(?:t|tember|tembre|tiembre|tembro)?|settembre|setembro|o[ck]t(?:ober|obre|ubre)?|ottobre|out(?:ubro)?|oktober|"
    "nov(?:ember|embre|iembre|embro)?|de[czs](?:ember|embre|iembre|embro)?|dicembre|diciembre|dezembro|décembre|"
    "stycznia|lutego|marca|kwietnia|czerwca|lipca|sierpnia|września|października|listopada|grudnia|"
    "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря|ocak|şubat|mart|nisan|mayıs|"
    "haziran|temmuz|ağustos|eylül|ekim|kasım|aralık|"
    "tammikuuta|helmikuuta|maaliskuuta|huhtikuuta|toukokuuta|kesäkuuta|heinäkuuta|elokuuta|syyskuuta|lokakuuta|"
    "marraskuuta|joulukuuta"
)
_DAYS = (
    "mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?|montag|dienstag|"
    "mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    "lunes|martes|miércoles|jueves|viernes|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|"
    "segunda|terça|quarta|quinta|sexta|feira|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|"
    "måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|mandag|tirsdag|lørdag|søndag|понедельник|вторник|среда|четверг|"
    "пятница|суббота|воскресенье"
)
_SAID = (
    "published|updated|posted|last|first|modified|created|edited|date|publication|on|at|the|of|ago|hours?|minutes?|"
    "mins?|days?|today|yesterday|am|pm|a\\.m|p\\.m|e[sd]?t|c[de]?s?t|p[sd]?t|mst|gmt|utc|bst|i?st|jst|wib|read|reading|"
    "time|"
    "veröffentlicht|aktualisiert|aktualisierung|stand|erschienen|uhr|um|am|vom|den|heute|gestern|vor|stunden?|minuten?|"
    "lesezeit|publié|publiée|mise?|jour|modifié|le|la|à|il|y|heures?|lecture|de|"
    "publicado|publicada|actualizado|actualizada|el|a|las|horas?|hoy|ayer|lectura|pubblicato|aggiornato|ultimo|"
    "aggiornamento|il|alle|ore|oggi|lettura|atualizado|às|em|há|hoje|gepubliceerd|bijgewerkt|op|om|uur|laatst|gewijzigd|"
    "publicerad|uppdaterad|kl|klockan|publisert|oppdatert|sist|publiceret|opdateret|den|julkaistu|päivitetty|klo|"
    "opublikowano|aktualizacja|godz|опубликовано|обновлено|в|г|года|yayınlanma|güncelleme|tarihi|saat"
)
_DATE_WORD = re.compile(rf"\b(?:{_MONTHS}|{_DAYS}|{_SAID})\b\.?|\d+(?:st|nd|rd|th|h|er|º|ª)?", re.IGNORECASE)
_CJK_DATE = re.compile(r"[\d年月日时時分秒前更新発表于公開配信:\s./\-()（）]+|\d+\s*(?:년|월|일|시|분)")
_LETTER = re.compile(r"[^\W\d_]")
_BY = re.compile(
    r"^\W*(?:by|written by|words by|story by|reported by|from|von|par|por|di|da|door|av|af|tekst|text|texto|testo|"
    r"autor(?:a|en|es)?|author|auteurs?|"
    r"autori|redaktion|od|автор|текст|yazan)\b:?\s+",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s,;|&/·•–—]+")
_NAME = re.compile(
    r"[A-ZÀ-ÞĀ-ŽА-ЯЁ][\w.'’-]*|\d[\d.:]*|-|and|und|et|y|e|og|och|en|de|da|di|van|von|der|den|del|la|le|for|für|the|in|al|bin"
)
_CJK_BYLINE = re.compile(
    r"^(?:文|記者|记者|責任編輯|责任编辑|编辑|作者|撰文)\s*[/:：|｜]?\s*\S{2,12}$|^\S{2,4}\s?(?:기자|특파원)\b.{0,30}$"
)


def is_date_line(line: str) -> bool:
    """Whether a line says when and nothing else: "UPDATED: 30 MAR 2023 01:37 PM EST", "Stand: 12.05.2024, 14:30 Uhr"."""
    if not any(letter.isdigit() for letter in line) or line.count(" ") >= _MAX_WORDS:
        return False
    return not _LETTER.search(_CJK_DATE.sub("", _DATE_WORD.sub("", line)))


def is_byline(line: str) -> bool:
    """Whether a line names its writers and says nothing else: "By Ada Example and Bo Sample"."""
    if line.count(" ") >= _MAX_WORDS or line.endswith((".", "!", "?", ":")):
        return False
    if _CJK_BYLINE.match(line):
        return True
    found = _BY.match(line)
    return found is not None and all(_NAME.fullmatch(word) for word in _BETWEEN.split(line[found.end() :]) if word)
