"""The phrases of gates, consent walls and error pages, in the languages of the news; each pattern is matched against one line."""

from __future__ import annotations

import re

from crawler.articles.phrases import any_of

MAX_GATE_WORDS = 30

# these say that the text goes on behind the gate
_CUTS = (
    r"\b(?:sign up|sign in|log ?in|register|subscribe|join)(?: now| here| for free| today)? to (?:read|continue|keep|finish|"
    r"view|access|unlock|see|get full|enjoy)\b",
    r"\b(?:to|and) (?:continue|keep|finish) reading\b(?!.{0,20}(?:below|main story))",
    r"\bcontinue reading (?:this (?:article|story)|with a|your article|for (?:free|just|only))",
    r"\b(?:this|the (?:full|rest of (?:this|the)) )?(?:article|story|content|post) is (?:only |reserved |exclusively |"
    r"available |free )*(?:for|to) (?:our |paid |paying |registered |premium )*(?:subscribers|members)",
    r"\b(?:subscribers?|members?)[- ]only (?:content|article|story)",
    r"\bfor subscribers only\b",
    r"\bcreate (?:a|your|an) (?:free )?account to\b",
    r"\b(?:read|see|view) the (?:full|rest of the|rest of this|whole|complete) (?:story|article|text) (?:on|at|in|with|by)\b",
    r"\bunlock (?:this|the (?:full|rest)|full|unlimited)\b.{0,30}(?:article|story|access)",
    r"\bwant to (?:read|keep reading|continue)\b.{0,20}\?",
    r"\bthe (?:rest|remainder) of this (?:article|story) is\b",
    r"\b(?:jetzt |einfach |hier )?(?:weiterlesen|weiter lesen)(?: mit| und| für| \+|\W*$)",
    r"\bum (?:den (?:ganzen |vollständigen )?artikel |diesen artikel |hier )?(?:weiter(?:zu)?lesen|zu lesen|lesen zu können)",
    r"\b(?:artikel|inhalt|beitrag) (?:ist )?(?:nur |exklusiv )+für (?:abonnent|registriert|mitglied|plus)",
    r"\bmit .{0,30}(?:abo|plus|\+) (?:weiter)?lesen",
    r"\bexklusiv für abonnent",
    r"\b(?:article |contenu |la suite (?:de cet article )?(?:est )?)?réservée? (?:aux|à nos) abonnés",
    r"\bil vous reste \d+ ?% (?:de cet article )?à (?:lire|découvrir)",
    r"\b(?:abonnez|connectez|inscrivez|identifiez)-vous (?:pour|afin de) (?:lire|continuer|poursuivre|accéder)",
    r"\bpour lire la suite\b",
    r"\b(?:suscríbe(?:te|se)|regístr(?:ate|ese)|inicia(?:r)? sesión|suscribirse|accede)\b.{0,20} para (?:seguir|continuar|"
    r"leer|acceder)",
    r"\b(?:contenido|artículo|noticia) (?:exclusiv[oa] |sólo |solo )*para (?:nuestros )?(?:suscriptores|abonados|socios)",
    r"\bpara (?:seguir|continuar) leyendo\b",
    r"\b(?:abbonati|registrati|accedi|iscriviti) (?:subito |ora )?per (?:continuare|leggere|proseguire)",
    r"\b(?:contenuto|articolo) (?:riservato|esclusivo|disponibile solo) (?:agli|per gli|ai) (?:abbonati|iscritti|utenti)",
    r"\bper continuare a leggere\b",
    r"\b(?:assine|faça login|cadastre-se|entre|registre-se)\b.{0,20} para (?:continuar|ler|acessar)",
    r"\b(?:conteúdo|matéria|artigo) (?:exclusiv[oa] )?(?:para|de) (?:nossos )?assinantes",
    r"\bpara continuar (?:lendo|a ler)\b",
    r"\b(?:log in|word lid|word abonnee|neem een abonnement|registreer)\b.{0,30} om (?:verder|dit|het|door|te) .{0,20}lezen",
    r"\b(?:verder lezen|lees verder) (?:met|als|voor|\?)",
    r"\b(?:alleen|exclusief) (?:voor|toegankelijk voor) (?:abonnees|leden)",
    r"\b(?:logga in|bli prenumerant|prenumerera|skaffa)\b.{0,30} för att (?:läsa|fortsätta)",
    r"\bför att läsa (?:hela|vidare|artikeln)\b",
    r"\b(?:lås upp|artikeln är) (?:artikeln|för prenumeranter|endast för)",
    r"\b(?:logg inn|bli abonnent|kjøp|få) .{0,30}for å (?:lese|fortsette)",
    r"\b(?:saken|artikkelen|innholdet) er (?:kun |bare )?for (?:abonnenter|våre)",
    r"\bfor å lese (?:videre|hele|resten)",
    r"\b(?:log ind|bliv abonnent|køb|opret)\b.{0,30} for at (?:læse|fortsætte)",
    r"\b(?:artiklen|indholdet) er (?:kun )?for (?:abonnenter|medlemmer)",
    r"\b(?:lue koko juttu|jatka lukemista)\b.{0,30}(?:tilaa|kirjaudu|tilaajana|\W*$)",
    r"\b(?:vain|juttu on) tilaajille\b",
    r"\b(?:wykup|kup|zaloguj się|subskrybuj|załóż konto)\b.{0,40}(?:aby|by|żeby) (?:czytać|przeczytać|kontynuować)",
    r"\b(?:artykuł|treść|tekst) (?:jest )?(?:dostępn[ya] )?(?:tylko |wyłącznie )?dla (?:subskrybentów|prenumeratorów|"
    r"zalogowanych)",
    r"\b(?:дочитать|читать дальше|продолжить чтение|полный текст)\b.{0,40}(?:подпис|регистр|войд)",
    r"(?:подпишитесь|зарегистрируйтесь|войдите|оформите подписку),? чтобы (?:чита|продолж|дочита)",
    r"(?:доступ(?:ен|на|но)|только) (?:только )?для (?:подписчиков|зарегистрированных)",
    r"\b(?:předplaťte|přihlaste se)\b.{0,40}(?:číst|dočíst|pokračovat)",
    r"\bdevamını okumak için\b",
    r"\b(?:előfizetőknek|a folytatáshoz)\b.{0,30}(?:előfiz|jelentkez|\W*$)",
    r"(?:登录|登入|註冊|注册|订阅|訂閱)(?:后|後|以)?.{0,6}(?:继续阅读|繼續閱讀|阅读全文|閱讀全文)",
    r"(?:会员|會員|订阅|訂閱)(?:专享|專享|独享|限定)",
    r"この記事は.{0,8}(?:有料)?会員(?:限定|専用)",
    r"(?:続き|全文)(?:を読む|をお読み|をご覧).{0,12}(?:会員|登録|ログイン|購読)",
    r"(?:会員登録|ログイン).{0,12}(?:続き|全文)",
    r"残り\s*[\d,]+\s*文字",
    r"(?:로그인|구독|회원가입).{0,10}(?:계속|전문|전체)",
    r"(?:اشترك|سجل).{0,15}(?:للمتابعة|لقراءة|لمواصلة)",
)

# these stand at gates too, and under whole texts
_PROMPTS = (
    r"\balready (?:a |an |have an? )?(?:\w+ )?(?:subscrib(?:er|ed)|member|account|registered)\b.{0,40}(?:log|sign|\?)",
    r"\byou(?:.ve| have) (?:reached|read|used) (?:your|all|the|\d).{0,40}(?:limit|free|articles)",
    r"\byou have \d+ (?:free )?articles? (?:left|remaining)",
    r"\bstart your (?:free )?trial\b",
    r"\bsubscribe (?:now )?for (?:full|unlimited|just|only|as little)\b",
    r"\b(?:bereits|schon|sie sind) (?:abonnent|registriert|ein abo|kunde|mitglied)",
    r"\bsie haben (?:bereits|schon) ein abo",
    r"\bdéjà abonné",
    r"\bya (?:eres|es|soy) (?:suscriptor|suscrito|abonado|usuario)",
    r"\b(?:sei )?già abbonat[oa]\b",
    r"\bjá (?:é|sou) assinante\b",
    r"\bal (?:abonnee|lid)\b.{0,20}(?:log|\?)",
    r"\bredan prenumerant\b",
    r"\ballerede abonnent\b",
    r"\bmasz już (?:prenumeratę|subskrypcję|konto)",
)

_CONSENT = (
    r"\b(?:we(?: and our (?:\d+ )?partners)?|this (?:web)?site) (?:use|uses|store|process)\b.{0,60}(?:cookies|personal data|"
    r"information on a device)",
    r"\b(?:accept|agree|consent)\b.{0,40}\b(?:cookies|tracking|data processing|personali[sz]ed ads)",
    r"\bcookies?\b.{0,60}\b(?:akzeptieren|zustimmen|accepter|aceptar|accetta|aceitar|accepteren|godkänn|godta|accepter)",
    r"\b(?:mit (?:werbung|tracking)|zustimmung|einwilligung)\b.{0,60}(?:cookies|tracking|abo|weiter|daten)",
    r"\bcontinuer sans accepter\b",
    r"\bpur[- ]abo\b",
    r"\b(?:before you continue|your privacy choices|we value your privacy|we care about your privacy)\b",
    r"\bmanage (?:your )?(?:privacy|cookie) (?:settings|preferences|choices)",
    r"\bnous utilisons des cookies\b",
    r"\butilizamos cookies\b",
)

_ERRORS = (
    r"\b(?:page|article|story|content|site|url|file) (?:you (?:requested|are looking for) )?(?:was |is |could |"
    r"can ?)*(?:not|no longer|n.t) (?:be )?(?:found|available|exist)",
    r"\b(?:404|403|410|500|502|503)\b.{0,20}(?:error|not found|forbidden|gone|unavailable|gateway|page)",
    r"\berror (?:404|403|410|500|502|503)\b",
    r"^\W*(?:404|not found|page not found|access denied|forbidden|error)\W*$",
    r"\baccess (?:to this (?:page|site|resource) (?:has been |is )?|is )?denied\b",
    r"\bjust a moment\b",
    r"\battention required\b",
    r"\bunusual (?:traffic|activity)\b",
    r"\b(?:enable|turn on|requires?|needs?) (?:javascript|cookies)\b",
    r"\bjavascript (?:is |and cookies )?(?:to continue|(?:is )?(?:disabled|required|not enabled))",
    r"\b(?:verify|confirm|prove) (?:that )?you(?:.re| are) (?:a |not a )?(?:human|robot)\b",
    r"\bare you a (?:robot|human)\b",
    r"\bcomplete the (?:captcha|security check)\b",
    r"\bchecking your browser\b",
    r"\b(?:temporarily|currently) (?:unavailable|down for maintenance)\b",
    r"\b(?:seite|artikel) (?:wurde |konnte |ist )?(?:leider )?nicht (?:gefunden|verfügbar|mehr)",
    r"\bpage (?:introuvable|non trouvée)\b",
    r"\bpágina no (?:encontrada|existe|disponible)",
    r"\bpagina non trovata\b",
    r"\bpágina não (?:encontrada|existe)",
    r"\bpagina niet gevonden\b",
    r"\bsidan (?:kunde inte hittas|finns inte)",
    r"\bstrona nie (?:istnieje|została znaleziona)",
    r"страница не найдена",
    r"ページが見つかりません|页面不存在|找不到(?:页面|頁面|網頁)",
)

CUT = any_of(*_CUTS)
GATE = any_of(*_CUTS, *_PROMPTS)
CONSENT = any_of(*_CONSENT)
ERROR = any_of(*_ERRORS)
ELLIPSIS_END = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\(…\))[\s\"'”’»)\]]*$")
GATE_NAMES = (
    "paywall", "pay-wall", "regwall", "reg-wall", "piano-", "tp-container", "subscriber-only", "subscription-required",
    "premium-wall", "premium-gate", "gated-content", "meteredcontent", "locked-content",
)  # fmt: skip
_GATE_MARKUP = re.compile(rf"(?:class|id|data-[\w-]+)=[\"'][^\"'<>]{{0,200}}?(?:{'|'.join(GATE_NAMES)})")


def has_gate_markup(html: str) -> bool:
    """Whether a class, id or data attribute bears the name of a gate."""
    low = html.lower()
    return any(name in low for name in GATE_NAMES) and bool(_GATE_MARKUP.search(low))
