"""Invented training courses: what they are about, and where they are held."""

from dataclasses import dataclass
from typing import Any

from app.sandbox.demo.names import STREETS, STREETS_IN_SWEDISH


@dataclass(frozen=True)
class Course:
    topic: str
    name: str
    target_group: str
    goals: str
    content: str
    methods: str
    marketing: str
    """The study centre's name in it, as the declaration of co-operation says."""

    def texts(self) -> dict[str, Any]:
        """The columns of a plan that come from the course."""
        return {
            "topic": self.topic,
            "name": self.name,
            "target_group": self.target_group,
            "goals": self.goals,
            "content": self.content,
            "methods": self.methods,
            "marketing_text": self.marketing,
        }


_NAMED = "Koulutus järjestetään yhteistyössä Opintokeskus Esimerkin kanssa."
_NAMED_IN_SWEDISH = "Kursen ordnas i samarbete med Opintokeskus Esimerkki."
_NAMED_IN_ENGLISH = "The course is held in co-operation with Opintokeskus Esimerkki."

COURSES = {
    "fi": (
        Course(
            "crafts",
            "Villasukasta villapaitaan",
            "Neulojat, jotka osaavat perussilmukat",
            "Osallistuja osaa mitoittaa ja neuloa vaatteen.",
            "Mallitilkku, mitoitus, kirjoneule ja viimeistely",
            "Työpajat ja kotitehtävät",
            f"Neulotaan yhdessä talven lämpimin paita. {_NAMED}",
        ),
        Course(
            "association-work",
            "Yhdistyksen hallitus tutuksi",
            "Uudet hallitusten jäsenet",
            "Osallistuja tuntee hallituksen tehtävät ja vastuun.",
            "Säännöt, kokoukset, pöytäkirja ja vastuunjako",
            "Luennot ja ryhmätyöt",
            f"Mitä hallituksessa oikein tehdään? {_NAMED}",
        ),
        Course(
            "finances",
            "Rahastonhoitajan vuosi",
            "Yhdistysten rahastonhoitajat",
            "Osallistuja osaa laatia talousarvion ja seurata sitä.",
            "Talousarvio, kirjanpito, tilinpäätös ja avustukset",
            "Luennot ja laskuharjoitukset",
            f"Tilinpäätös ilman yöunien menetystä. {_NAMED}",
        ),
        Course(
            "digital-skills",
            "Digituen vapaaehtoiseksi",
            "Vapaaehtoiset, jotka opastavat laitteiden käytössä",
            "Osallistuja osaa opastaa rauhallisesti ja turvallisesti.",
            "Kohtaaminen, tietoturva, sähköinen asiointi ja saavutettavuus",
            "Verkko-opinnot ja harjoittelu pareittain",
            f"Opettele opastamaan. {_NAMED}",
        ),
        Course(
            "health",
            "Ensiapu arjessa",
            "Kaikki, jotka toimivat ryhmien kanssa",
            "Osallistuja osaa toimia tavallisimmissa tapaturmissa.",
            "Hätäilmoitus, elvytys, haavat ja kylkiasento",
            "Harjoitukset pienryhmissä",
            f"Ensiapua kädestä pitäen. {_NAMED}",
        ),
        Course(
            "household",
            "Kyläkeittiön hävikkiruoka",
            "Keittiöiden talkooväki",
            "Osallistuja osaa suunnitella ruoan ylijäävistä aineksista.",
            "Hygienia, säilöntä, ruokalista ja reseptit",
            "Yhteinen ruoanlaitto",
            f"Hyvää ruokaa siitä, mitä on. {_NAMED}",
        ),
        Course(
            "environment",
            "Lähimetsän opas",
            "Luontoretkien vetäjät",
            "Osallistuja osaa suunnitella ja ohjata retken.",
            "Lajintuntemus, jokamiehenoikeudet, turvallisuus ja reitit",
            "Opastetut kävelyt ja suunnittelutyö",
            f"Opasta muut metsään. {_NAMED}",
        ),
        Course(
            "literature",
            "Kirjoittajapiirin ohjaaja",
            "Kirjoittajaryhmien ohjaajat",
            "Osallistuja osaa ohjata ryhmää ja antaa palautetta.",
            "Harjoitukset, palaute, lukeminen ja ryhmän tuki",
            "Kirjoitustehtävät ja keskustelu",
            f"Sanoja, jotka kantavat. {_NAMED}",
        ),
        Course(
            "music",
            "Kuoronjohdon alkeet",
            "Kuorolaiset, jotka johtavat tarvittaessa",
            "Osallistuja osaa aloittaa, lopettaa ja harjoittaa laulun.",
            "Lyöntikaavat, äänenavaus, intonaatio ja ohjelmisto",
            "Harjoituskuoro ja palaute",
            f"Ota kuoro haltuun. {_NAMED}",
        ),
        Course(
            "leadership",
            "Vapaaehtoisten koordinointi",
            "Vapaaehtoistoiminnan vastuuhenkilöt",
            "Osallistuja osaa rekrytoida, perehdyttää ja kiittää.",
            "Tehtäväkuvat, perehdytys, jaksaminen ja kiittäminen",
            "Luennot ja tapausten käsittely",
            f"Vapaaehtoinen viihtyy, kun hänestä pidetään huolta. {_NAMED}",
        ),
    ),
    "sv": (
        Course(
            "household",
            "Byköket året runt",
            "Frivilliga i byköken",
            "Deltagaren kan planera måltider efter säsong.",
            "Hygien, råvaror, menyer och svinn",
            "Gemensam matlagning",
            f"Mat som samlar byn. {_NAMED_IN_SWEDISH}",
        ),
        Course(
            "association-work",
            "Styrelsens ABC",
            "Nya styrelsemedlemmar",
            "Deltagaren känner styrelsens uppgifter och ansvar.",
            "Stadgar, möten, protokoll och ansvar",
            "Föreläsningar och grupparbeten",
            f"Vad gör en styrelse? {_NAMED_IN_SWEDISH}",
        ),
        Course(
            "digital-skills",
            "Digitalt stöd för seniorer",
            "Frivilliga handledare",
            "Deltagaren kan handleda lugnt och tryggt.",
            "Bemötande, datasäkerhet och elektroniska tjänster",
            "Nätstudier och övningar i par",
            f"Lär dig handleda. {_NAMED_IN_SWEDISH}",
        ),
        Course(
            "crafts",
            "Från strumpa till tröja",
            "Stickare med grundkunskaper",
            "Deltagaren kan måttanpassa och sticka ett plagg.",
            "Provlapp, mått, mönster och montering",
            "Verkstäder och hemuppgifter",
            f"Vi stickar vinterns varmaste tröja. {_NAMED_IN_SWEDISH}",
        ),
    ),
    "en": (
        Course(
            "society",
            "How Finnish associations work",
            "People who are new in an association",
            "Participants know how to take part in an association.",
            "Rules, meetings, membership and volunteering",
            "Lectures and discussions in small groups",
            f"Join in. {_NAMED_IN_ENGLISH}",
        ),
        Course(
            "languages",
            "Language café leaders",
            "Volunteers who lead language cafés",
            "Participants know how to lead a conversation for beginners.",
            "Easy language, pictures, games and listening",
            "Practice in pairs",
            f"Talk and let talk. {_NAMED_IN_ENGLISH}",
        ),
    ),
}
"""By the language of the organisation."""

_HOUSES = (
    ("Kurssitalo Kanerva", "091", "00100"),
    ("Kerhotalo Pihlaja", "853", "20100"),
    ("Seurantupa Saarni", "837", "33100"),
    ("Opintotupa Otava", "179", "40100"),
    ("Kansalaistupa Kajo", "297", "70100"),
)
_HOUSES_IN_SWEDISH = (
    ("Kurshuset Enen", "638", "06100"),
    ("Föreningsgården Rönnen", "710", "10600"),
    ("Samlingssalen Björken", "905", "65100"),
    ("Byagården Linden", "598", "68600"),
)


def place_of(language: str, number: int) -> dict[str, Any]:
    """A place of sessions. The municipalities are real, the addresses are not."""
    houses, streets = (_HOUSES_IN_SWEDISH, STREETS_IN_SWEDISH) if language == "sv" else (_HOUSES, STREETS)
    name, municipality, postal_code = houses[number % len(houses)]
    street = f"{streets[number % len(streets)]} {number % 40 + 1}"
    return {"name": name, "municipality": municipality, "street": street, "postal_code": postal_code}
