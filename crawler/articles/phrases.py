"""The phrases that promotions are written in, in the languages of the news, and how long a line may be to be one.

Every pattern is matched against one line of text, in any case. They find little of what is not the article (5 % of its
words, .84 to .89 of the lines right on 519 pages): the rest is learned from what a site repeats. A longer list gained
nothing.
"""

from __future__ import annotations

import re

MAX_PROMOTION_WORDS = 45
MAX_CREDIT_WORDS = 20
_MOST_BULLETS = 12  # signs before the words; every number of them is tried with every pattern


def any_of(*patterns: str, start: bool = False) -> re.Pattern[str]:
    """One pattern for a list; with `start`, only at the beginning of a line, past bullets and arrows."""
    joined = "|".join(patterns)
    return re.compile(rf"^[\W_]{{0,{_MOST_BULLETS}}}(?:{joined})" if start else rf"(?:{joined})", re.IGNORECASE)


def count_words(line: str) -> int:
    """Words of a line; where a script has no spaces, two characters count as a word."""
    spaced = line.count(" ") + 1
    return len(line) // 2 if len(line) > 15 * spaced else spaced


_OPENS_PROMOTION = (
    r"sign(?:ing)? up\b",
    r"subscribe\b",
    r"already (?:a|have an?) (?:subscri|member|account|register)",
    r"(?:log|sign) in\b",
    r"register (?:now|here|for|to)\b",
    r"related(?: (?:stor(?:y|ies)|articles?|content|topics?|news|links?|reading|coverage|posts?|tags?))?\W*$",
    r"related\s*:",
    r"read (?:more|also|next)\b",
    r"read (?:the|our) (?:full|latest)",
    r"more (?:from|stories|on this|like this|to read|news|coverage)\b",
    r"more\s*:",
    r"(?:see|also|must)[ -](?:also|read|see|watch)\b",
    r"also on\b",
    r"don.?t miss\b",
    r"most (?:read|popular|viewed|shared|watched)\b",
    r"up next\b",
    r"(?:what|where) to read next",
    r"trending\b.{0,20}$",
    r"top stories\b",
    r"editors?.?s?.? (?:picks?|choice)",
    r"recommended(?: (?:for you|stories|reading|articles|by))?\W*$",
    r"you (?:might|may) (?:also )?(?:like|enjoy|be interested)",
    r"popular (?:now|stories|articles|on)",
    r"(?:watch|listen)\s*(?::|now\b|live\b|next\b|below\b|here\b|more\b|to (?:this|our|the (?:latest|podcast))\b)",
    r"(?:follow|like) us\b",
    r"share (?:this|on|via|the|your|article|story)\b",
    r"share\W*$",
    r"advertisement\b",
    r"sponsored(?: content| by|\W*$)",
    r"(?:article|story) continues (?:after|below)",
    r"(?:scroll|keep scrolling) (?:down )?(?:to continue|for more)",
    r"continue reading (?:below|after|the main)",
    r"©|\(c\) ?(?:19|20)\d\d|copyright (?:©|\(c\)|(?:19|20)\d\d|of\b)",
    r"download (?:our|the|now)\b.{0,60}\bapp",
    r"get (?:the|our) .{0,40}\bapp\b",
    r"get (?:all (?:your|the)|our|unlimited|breaking news|the latest|more)\b.{0,80}(?:news|inbox|newsletter|stories|access|"
    r"alerts|app)",
    r"(?:this (?:web)?site|we) uses? cookies",
    r"cookie (?:policy|settings|preferences)",
    r"by (?:signing up|subscribing|submitting|clicking|entering|providing your e)",
    r"you can (?:unsubscribe|opt out)",
    r"(?:enter|submit) your e-?mail",
    r"thanks? (?:you )?for (?:subscribing|signing up|registering|your (?:subscription|submission))",
    r"(?:our |the |free |daily |weekly )*newsletters?\b.{0,60}$",
    r"join (?:our|us|the)\b.{0,60}(?:whatsapp|telegram|newsletter|channel|community|conversation|facebook|discord)",
    r"(?:click|tap) here\b",
    r"support (?:our|independent|quality|local)\b.{0,40}journalism",
    r"become a (?:member|subscriber|supporter|patron)",
    r"(?:this (?:article|story|post|page) (?:may )?contains? |.{0,60}we may (?:earn|receive) (?:a |an )?(?:affiliate |"
    r"small )?commission)",
    r"(?:\d+ )?comments?\W*(?:\(?\d+\)?)?\W*$",
    r"(?:leave|post|add|view|show) (?:a |all )?comments?\b",
    r"print(?: this)?(?: article| story| page)?\W*$",
    r"e-?mail this\b",
    r"(?:skip to|back to) (?:content|main|top)",
    r"(?:all|latest) (?:the )?news\W*$",
    r"have (?:a|any) (?:news )?(?:tip|story)\b.{0,40}\?",
    r"do you have a (?:story|tip|question)",
    r"lesen sie (?:auch|mehr|hier|dazu)",
    r"mehr (?:zum thema|dazu|lesen|aus|von)\b",
    r"lies auch",
    r"(?:auch|das könnte (?:sie|dich)) (?:auch )?interessant?(?:ieren)?",
    r"zum thema\W*$",
    r"(?:à )?lire (?:aussi|également|la suite|plus)",
    r"à lire\b",
    r"voir aussi",
    r"sur le même (?:sujet|thème)",
    r"(?:lea|lee|leer|ver|vea|mira|mire) (?:también|más)",
    r"(?:te|le) puede interesar",
    r"(?:más|noticias?) (?:relacionad[ao]s?|información|noticias)\W*$",
    r"leggi (?:anche|pure|di più|l.articolo)",
    r"(?:potrebbe interessarti|ti potrebbe interessare)",
    r"(?:leia|veja|confira|saiba) (?:também|mais)",
    r"lees (?:ook|verder|meer)",
    r"bekijk ook",
    r"läs (?:också|även|mer|vidare)",
    r"les (?:også|mer)",
    r"læs (?:også|mere)",
    r"lue (?:myös|lisää)",
    r"(?:czytaj|przeczytaj|zobacz|sprawdź) (?:też|także|również|więcej)",
    r"чита(?:йте|ть) (?:также|ещ[её]|далее|також)",
    r"(?:по теме|смотрите также)\b",
    r"čt[eě]te (?:také|i|více)",
    r"(?:prečítajte si|pozrite)",
    r"(?:olvass[ad]? (?:el|tovább)|kapcsolódó)",
    r"cite(?:ș|ş)te (?:și|şi|mai)",
    r"прочетете (?:още|също)",
    r"διαβάστε (?:επίσης|ακόμη)",
    r"baca juga",
    r"(?:ayrıca okuyun|i̇lgili haber|bunlar da ilginizi)",
    r"đọc thêm|xem thêm",
    r"関連記事|あわせて読みたい|【関連",
    r"相关(?:阅读|新闻|报道)|延伸阅读|延伸閱讀|相關(?:新聞|報導)",
    r"관련 ?기사",
    r"اقرأ (?:أيضا|المزيد)",
    r"קראו (?:גם|עוד)",
    r"यह भी पढ़ें|ये भी पढ़ें",
    r"อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง",
    r"(?:jetzt|hier) (?:den |unseren )?(?:newsletter|abonnieren|anmelden)",
    r"(?:melden sie sich|abonnieren sie|folgen sie (?:uns|un[sd])|folge uns)\b",
    r"(?:inscrivez|abonnez|suivez)-(?:vous|nous)",
    r"(?:suscr[ií]b(?:ete|ase|irse)|síguenos|regístrate|síganos|únete)\b",
    r"(?:iscriviti|abbonati|seguici|registrati)\b",
    r"(?:assine|inscreva-se|siga-nos|siga o|cadastre-se)\b",
    r"(?:schrijf je in|meld je aan|volg ons|abonneer)\b",
    r"(?:prenumerera|följ oss|anmäl dig)\b",
    r"(?:meld deg på|følg oss|abonner)\b",
    r"(?:tilmeld dig|følg os|skriv dig op)\b",
    r"(?:tilaa|seuraa meitä)\b",
    r"(?:zapisz się|śledź nas|obserwuj nas|dołącz do)\b",
    r"(?:подпи(?:шитесь|сывайтесь)|следите за|підпи(?:шіться|суйтесь))\b",
    r"(?:anzeige|werbung|publicité|publicidad|pubblicità|publicidade|advertentie|annons|annonse|annonce|reklama|реклама|広告|"
    r"广告|광고|mainos|reklam)\W*$",
    r"(?:teilen|partager|compartir|condividi|compartilhar|delen|dela|del artikel|udostępnij|поделиться|paylaş)\W*$",
)

_HOLDS_PROMOTION = (
    r"\ball rights reserved\b",
    r"\balle rechte vorbehalten",
    r"\btous droits réservés",
    r"\btodos los derechos reservados",
    r"\btutti i diritti riservati",
    r"\btodos os direitos reservados",
    r"\bwszelkie prawa zastrzeżone",
    r"все права защищены",
    r"\b(?:straight|directly|delivered|right)? ?(?:to|in|into) your (?:e-?mail )?inbox\b",
    r"\bsign up (?:for|to) (?:our|the|his|her|their|a|my) .{0,60}(?:newsletter|e-?mails?|alerts?|updates?)",
    r"\b(?:subscribe|sign up) (?:to|for) our\b",
    r"\bfollow (?:us|him|her|them|me|@?[\w.]+(?: [\w.]+){0,3}) on (?:twitter|x|facebook|instagram|threads|bluesky|linkedin|"
    r"tiktok|google news)\b",
    r"\b(?:click|tap) here to (?:subscribe|sign up|read|join|get|download)",
    r"\bdownload (?:our|the) .{0,30}\bapp\b",
    r"\bnewsletter\b.{0,60}(?:abonnieren|anmelden|inscri|suscri|iscriv|assin|inschrij|zapisz|tilmeld|prenumer)",
    r"\b(?:app store|google play)\b.{0,40}\b(?:download|app)\b",
)

_CREDITS = (
    r"(?:photo|image|picture|photograph|video|illustration|foto|fotografía|bild|imagen|immagine|imagem|grafik|symbolbild|"
    r"photographie|zdjęcie|фото|kuva|billede)s?(?: (?:credit|source|by|courtesy|von|de|di|quelle)s?)?\s*[:/|©]",
    r"(?:photo|picture|image)s? (?:by|credit|courtesy)\b",
    r"(?:getty images|ap photo|afp via getty|reuters file|shutterstock|istock|picture alliance|imago|alamy)\b.{0,40}$",
    r"(?:file photo|archivbild|symbolfoto|archivfoto)\b.{0,30}$",
)

# one of these stands in every line that HOLDS_PROMOTION matches; looking for them first takes a tenth of its time
HOLDS_HINTS = (
    "inbox", "sign up", "subscribe", "follow", " here to ", "download", "newsletter", "app store", "google play",
    "rights reserved", "rechte vorbehalten", "droits réservés", "derechos reservados", "diritti riservati", "direitos reservados",
    "prawa zastrzeżone", "права защищены",
)  # fmt: skip
OPENS_PROMOTION = any_of(*_OPENS_PROMOTION, start=True)
HOLDS_PROMOTION = any_of(*_HOLDS_PROMOTION)
CREDIT = any_of(*_CREDITS, start=True)
