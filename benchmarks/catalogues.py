"""Two catalogues of services for the labelled reports, and what each report is about.

Written from general knowledge of such companies; the second one has no words beside its names.
"""

from __future__ import annotations

# The services of the column, as a company would call them, with words.
SIX = {
    "office-it": ("Büro-IT", ("WLAN", "Laufwerk", "Drucker", "Hotline", "Telefon", "Konto")),
    "webshop": ("Webshop", ("Shop", "Checkout", "Webseite", "Warenkorb", "CDN")),
    "platform": ("Plattform", ("Kafka", "Datenbank", "Pipeline", "API", "CI")),
    "finance": ("Finanzen", ("SAP", "Lohn", "EDI", "Rechnung", "Payroll")),
    "logistics": ("Logistik", ("Lager", "Versand", "Scanner", "Paket", "Halle")),
    "customer": ("Kundenservice", ("CRM", "DSGVO", "Kundenkonto", "Newsletter")),
}

MANY = (
    "SAP", "Lohnabrechnung", "Kafka", "Sendungsverfolgung", "Kasse", "WLAN", "Build-Server",
    "Webseite", "Netzlaufwerk", "Lagerscanner", "CAD", "CRM", "Bestelldatenbank", "Telefonanlage",
    "Webshop", "Nachtjobs", "Zutritt", "Versand", "Benutzerkonten", "Datenschutz", "Bezahlung",
    "API-Gateway", "EDI", "Wechselkurse", "Microsoft Office", "Fuhrpark", "Serverraum", "CDN",
)  # fmt: skip

# By the first report of the same thing: which of MANY it is about; the others are about none.
ABOUT = {
    "X00001": "SAP", "X00002": "Lohnabrechnung", "X00003": "Kafka", "X00004": "Sendungsverfolgung",
    "X00005": "Bezahlung", "X00007": "WLAN", "X00009": "Build-Server", "X00010": "Webseite",
    "X00011": "WLAN", "X00012": "Netzlaufwerk", "X00013": "Lagerscanner",
    "X00014": "Microsoft Office", "X00015": "CAD", "X00016": "CRM", "X00017": "Bestelldatenbank",
    "X00020": "Webshop", "X00021": "Telefonanlage", "X00022": "Netzlaufwerk",
    "X00023": "Fuhrpark", "X00025": "CDN", "X00026": "Webseite", "X00027": "Nachtjobs",
    "X00029": "CDN", "X00031": "Zutritt", "X00038": "Versand", "X00039": "Benutzerkonten",
    "X00040": "Bestelldatenbank", "X00041": "SAP", "X00046": "Datenschutz",
    "X00047": "Lohnabrechnung", "X00051": "Bezahlung", "X00053": "EDI",
    "X00057": "Bestelldatenbank", "X00059": "Fuhrpark", "X00061": "API-Gateway",
    "X00062": "Telefonanlage", "X00063": "Serverraum", "X00065": "Versand",
    "X00066": "Build-Server", "X00067": "Benutzerkonten", "X00071": "Kafka",
    "X00072": "Serverraum", "X00073": "Webshop", "X00074": "CDN", "X00075": "EDI",
    "X00076": "Telefonanlage", "X00078": "Wechselkurse", "X00086": "Webshop", "X00088": "Versand",
    "X00089": "Benutzerkonten", "X00092": "Datenschutz", "X00098": "Nachtjobs", "X00100": "EDI",
    "X00106": "Datenschutz", "X00107": "SAP", "X00109": "Kasse", "X00110": "Netzlaufwerk",
    "X00114": "Fuhrpark", "X00115": "Webseite", "X00119": "Wechselkurse",
    "X00122": "Lohnabrechnung", "X00125": "API-Gateway", "X00129": "Benutzerkonten",
    "X00134": "Build-Server", "X00136": "API-Gateway", "X00140": "CAD", "X00141": "Zutritt",
    "X00145": "Zutritt", "X00146": "Kafka", "X00150": "WLAN", "X00151": "CRM",
    "X00155": "Webshop", "X00156": "CRM", "X00164": "Benutzerkonten", "X00170": "Nachtjobs",
    "X00172": "Webshop",
}  # fmt: skip
