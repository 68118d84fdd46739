"""Invented names. The places are real, the people and organisations are not."""


def _listed(text: str) -> tuple[str, ...]:
    """Split names at commas."""
    return tuple(" ".join(name.split()) for name in text.split(","))


CENTRALS_WITH_UNITS = (
    # The centre, its district and its association ({} is a region or a place in the genitive), language.
    ("Villasukkaväen Keskusliitto ry", "{} Villasukkapiiri ry", "{} Villasukkaväki ry", "fi"),
    ("Kyläkeittiöiden Liitto ry", "{} Kyläkeittiöpiiri ry", "{} Kyläkeittiö ry", "fi"),
    ("Bykökens Förbund rf", "Bykökskretsen i {} rf", "Byköket i {} rf", "sv"),
    ("Marjametsien Ystävät ry", "{} Marjapiiri ry", "{} Marjametsä ry", "fi"),
    ("Iltakuorojen Keskusliitto ry", "{} Iltakuoropiiri ry", "{} Iltakuoro ry", "fi"),
    ("Sanataiteen Talkooväki ry", "{} Sanataidepiiri ry", "{} Sanatalkoot ry", "fi"),
    ("Rantakalastuksen Perinneliitto ry", "{} Rantakalapiiri ry", "{} Rantakalastajat ry", "fi"),
    ("Ullstrumpornas Förbund rf", "Ullstrumpskretsen i {} rf", "Ullstrumpan i {} rf", "sv"),
    ("Pihapelien Harrastajat ry", "{} Pihapelipiiri ry", "{} Pihapelaajat ry", "fi"),
    ("Hiljaisten Polkujen Liitto ry", "{} Polkupiiri ry", "{} Polunkulkijat ry", "fi"),
    ("Käsinukketeatterin Ystävät ry", "{} Nukketeatteripiiri ry", "{} Käsinuket ry", "fi"),
    ("Naapuriavun Neuvokkaat ry", "{} Naapuriapupiiri ry", "{} Naapuriapu ry", "fi"),
)

_CENTRALS = _listed(
    """
Aamu-uimarien Kerholiitto ry, Ahjonpuhaltajien Perinneseura ry, Arjen Tarinat ry, Avoimien Ovien Opintoseura
ry, Båthusens Vänner rf, Digitukijoiden Talkooliitto ry, Fältharmonikans Vänner rf, Haitarihetket ry,
Hevosvankkurien Ystävät ry, Hirsirakentajien Harrasteliitto ry, Huopahattuväki ry, Ihmeiden Puutarhat ry,
Iloisten Kielten Kerho ry, Joutomaan Viljelijät ry, Juurileivän Ystävät ry, Järvilaulajien Liitto ry,
Kaakaokannun Keskusteluseura ry, Kaislaveneiden Harrastajat ry, Kertojien Tuvat ry, Kirjekaverien Keskusliitto
ry, Kivimuurien Korjaajat ry, Kotikutojien Valtakunnanseura ry, Kuiskaajien Teatterikerhot ry, Kukkaketojen
Ystävät ry, Kulkusten Soittajat ry, Kuusenjuurten Luontoväki ry, Kväällsläsarna rf, Lautapelitupien Liitto ry,
Lintutornien Talkooväki ry, Luistinpolkujen Ystävät ry, Lumilyhtyjen Liitto ry, Lähikirjastojen Lukijat ry,
Maailmanpuiden Ystävät ry, Mattopyykkärien Keskusliitto ry, Meriluotojen Muistajat ry, Mielenkevennys Yhdessä
ry, Monikielisten Perheiden Tuvat ry, Myllypurojen Kunnostajat ry, Neighbours in Nature Finland,
Nojatuolimatkaajat ry, Norrskenskörerna rf, Nuottikirjojen Pelastajat ry, Omenapihojen Liitto ry, Open Kitchen
Tables Finland, Paperiveneiden Harrastajat ry, Peltojen Piirtäjät ry, Pilvien Katselijat ry, Pitsisormien
Seura ry, Puhallinpuiston Soittajat ry, Puulusikkaväki ry, Revontulikuorojen Liitto ry, Sammalmaton Ystävät
ry, Satulippaiden Seura ry, Skärgårdens Sagostugor rf, Soppatykkien Talkooväki ry, Sukkapuikkojen Soitto ry,
Suopolkujen Opastajat ry, Talvipuutarhurien Liitto ry, Tervasydämen Perinneväki ry, Tuohenkutojien
Keskusliitto ry, Tähtiharrastuksen Iltakoulut ry, Unilaulujen Laulajat ry, Vanhojen Valokuvien Ystävät ry,
Öppna Trädgårdar i Norden rf
"""
)
CENTRALS = tuple(
    (name, "sv" if name.endswith(" rf") else "en" if name.endswith(" Finland") else "fi") for name in _CENTRALS
)
"""The central organisations without units, with their languages."""

REGIONS = _listed(
    """
Varsinais-Suomen, Satakunnan, Kanta-Hämeen, Pirkanmaan, Päijät-Hämeen, Kymenlaakson, Etelä-Karjalan,
Etelä-Savon, Pohjois-Savon, Pohjois-Karjalan, Keski-Suomen, Etelä-Pohjanmaan, Keski-Pohjanmaan, Kainuun,
Lapin, Uudenmaan
"""
)
REGIONS_IN_SWEDISH = _listed(
    """
Nyland, Åboland, Österbotten, Östnyland, Sydösterbotten, Norra Österbotten
"""
)
PLACES = _listed(
    """
Akaan, Alavuden, Asikkalan, Auran, Enontekiön, Eurajoen, Forssan, Haapajärven, Haapaveden, Hangon,
Harjavallan, Hartolan, Heinolan, Hollolan, Huittisten, Iin, Iisalmen, Iitin, Ikaalisten, Ilmajoen, Ilomantsin,
Imatran, Inarin, Janakkalan, Joensuun, Jokioisten, Joutsan, Juuan, Jyväskylän, Jämsän, Kaarinan, Kajaanin,
Kalajoen, Kangasalan, Kankaanpään, Kannuksen, Karkkilan, Karstulan, Kauhajoen, Kauhavan, Keiteleen,
Kemijärven, Keuruun, Kiteen, Kittilän, Kiuruveden, Kokemäen, Kolarin, Kouvolan, Kuhmon, Kuopion, Kurikan,
Kuusamon, Lahden, Laihian, Laitilan, Lapuan, Laukaan, Lemin, Leppävirran, Lieksan, Lohjan, Loimaan, Loviisan,
Maskun, Mikkelin, Muhoksen, Muuramen, Mäntyharjun, Naantalin, Nivalan, Nokian, Nousiaisten, Nurmeksen,
Orimattilan, Oriveden, Oulaisten, Oulun, Padasjoen, Paimion, Parkanon, Pelkosenniemen, Pieksämäen, Pielaveden,
Porin, Porvoon, Posion, Pudasjärven, Punkalaitumen, Puumalan, Pöytyän, Raahen, Raision, Rautalammin,
Riihimäen, Rovaniemen, Ruoveden, Saarijärven, Salon, Sastamalan, Savonlinnan, Seinäjoen, Siilinjärven, Simon,
Sodankylän, Somerniemen, Sotkamon, Suomussalmen, Suonenjoen, Tampereen, Toholammin, Tohmajärven, Tornion,
Turun, Tuusniemen, Ulvilan, Utajärven, Uudenkaupungin, Vaalan, Valkeakosken, Varkauden, Vihdin, Viitasaaren,
Vimpelin, Virtain, Ylitornion, Ylivieskan, Ypäjän, Ähtärin, Äänekosken
"""
)
PLACES_IN_SWEDISH = _listed(
    """
Borgå, Lovisa, Lappträsk, Pernå, Sibbo, Esbo, Kyrkslätt, Ingå, Ekenäs, Karis, Hangö, Pojo, Sjundeå, Kimito,
Dalsbruk, Nagu, Korpo, Houtskär, Iniö, Pargas, Åbo, Närpes, Kaskö, Kristinestad, Malax, Korsnäs, Vasa,
Korsholm, Vörå, Oravais, Nykarleby, Jakobstad, Pedersöre, Kronoby, Larsmo, Karleby, Terjärv, Esse, Purmo,
Munsala, Jeppo, Maxmo, Replot, Kvevlax, Bergö, Petalax, Pörtom, Övermark
"""
)
FIRST_NAMES = _listed(
    """
Aino, Eero, Helmi, Ilmari, Kaisa, Lauri, Maija, Onni, Päivi, Risto, Sanna, Tapio, Ulla, Veikko, Anneli,
Heikki, Inkeri, Juhani, Kirsi, Matti, Noora, Olli, Pirjo, Sami, Tuula, Ville, Elina, Hannu, Jaana, Kari,
Leena, Mikko, Outi, Petri, Riitta, Seppo, Tiina, Urho, Venla, Yrjö
"""
)
LAST_NAMES = _listed(
    """
Ahokallio, Harjunpelto, Hiekkaranta, Honkasuo, Ilmakangas, Joutsenlahti, Kaislaoja, Karhuvaara, Kivipuro,
Koivulehto, Kuusiranta, Lehmusvirta, Lumimäki, Marjakangas, Metsäjoki, Niittyharju, Ojaniitty, Peltoharju,
Pihlajasuo, Poutalampi, Rantapelto, Saarikoivu, Salokallio, Suvikangas, Taivalsaari, Tammilehto, Tuulimäki,
Vaahteraoja, Varpuharju, Ylänneranta, Ääriniitty, Öljymäki
"""
)
FIRST_NAMES_IN_SWEDISH = _listed(
    """
Anna, Björn, Carita, Daniel, Ebba, Fredrik, Gunilla, Håkan, Ingrid, Johan, Karin, Lars, Maria, Nils, Pia,
Rolf, Siv, Tor, Ulrika, Åsa
"""
)
LAST_NAMES_IN_SWEDISH = _listed(
    """
Björkskär, Ekholmen, Fagervik, Granudd, Hallonö, Klippvik, Lövskär, Myrbacka, Norrgrund, Rönnudd, Sandhamnen,
Strömdal, Sälgrund, Västerudd, Ängsholm, Östergrund
"""
)

STREETS = ("Koulukuja", "Asemakuja", "Kirjastopolku", "Myllytie", "Niittykuja", "Rantaraitti", "Tuulikuja", "Pajapolku")
STREETS_IN_SWEDISH = ("Skolgränd", "Strandstigen", "Kvarnvägen", "Ängsgränd", "Smedjestigen", "Biblioteksgränd")
CITIES = (("00100", "Helsinki"), ("20100", "Turku"), ("33100", "Tampere"), ("40100", "Jyväskylä"), ("70100", "Kuopio"))
CITIES_IN_SWEDISH = (("06100", "Borgå"), ("10600", "Ekenäs"), ("65100", "Vasa"), ("68600", "Jakobstad"))

EMPHASES = ("Vapaaehtoisten koulutus", "Digitaidot", "Hyvinvointi", "Nuoret", "Perinne ja kulttuuri")
EMPHASES_IN_SWEDISH = ("Frivilligutbildning", "Digital kunskap", "Välmående", "Ungdomar", "Tradition och kultur")
