"""The avatar's 133 signs, each a set of phonological parameters (see phonology.py)."""

from __future__ import annotations

from itertools import combinations

from sign2text.avatar.phonology import Hands, Sign, parameters_that_differ
from sign2text.ground.errors import InputError

ONE, MIRROR, ALTERNATE, PARALLEL, BASE = Hands

NUMBERS: dict[str, Sign] = {
    "NULL": Sign("O", "side_high", "hold"),
    "EINS": Sign("INDEX", "side_high", "hold"),
    "ZWEI": Sign("V", "side_high", "hold"),
    "DREI": Sign("THREE", "side_high", "hold"),
    "VIER": Sign("FOUR", "side_high", "hold"),
    "FUENF": Sign("FIVE", "side_high", "hold"),
    "SECHS": Sign("THUMB", "high", "hold", "up/fwd", PARALLEL, other="FIVE"),
    "SIEBEN": Sign("L", "high", "hold", "up/fwd", PARALLEL, other="FIVE"),
    "ACHT": Sign("THREE", "high", "hold", "up/fwd", PARALLEL, other="FIVE"),
    "NEUN": Sign("FOUR", "high", "hold", "up/fwd", PARALLEL, other="FIVE"),
    "ZEHN": Sign("FIVE", "high", "hold", "up/fwd", PARALLEL, other="FIVE"),
    "ELF": Sign("INDEX", "side_high", "shake"),
    "ZWOELF": Sign("V", "side_high", "shake"),
    "ZWANZIG": Sign("V", "side_high", "hold", to="BENT_V"),
    "DREISSIG": Sign("THREE", "side_high", "hold", to="CLAW_THREE"),
}

TIMES: dict[str, Sign] = {
    "MONTAG": Sign("W", "chin", "tap", "up-in/back"),
    "DIENSTAG": Sign("U", "cheek", "tap", "up-in/back"),
    "MITTWOCH": Sign("BENT", "hand", "pat_down", "in/down", BASE, other="FLAT"),
    "DONNERSTAG": Sign("CLAW", "forehead", "twist", "up-in/fwd"),
    "FREITAG": Sign("FLAT", "neck", "out", "in/down"),
    "SAMSTAG": Sign("FIST", "chest", "circle", "up-in/back"),
    "SONNTAG": Sign("FLAT", "center", "pat_in", "up/in", MIRROR),
    "HEUTE": Sign("FLAT", "low", "pat_down", "fwd-down/up-fwd", MIRROR),
    "MORGEN": Sign("INDEX", "cheek", "arc_fwd", "up-in/back"),
    "UEBERMORGEN": Sign("V", "cheek", "arc_fwd", "up-in/back"),
    "GESTERN": Sign("THUMB", "shoulder", "back", "up/in"),
    "NACHT": Sign("FLAT", "high", "down_in", "up-in/back", MIRROR),
    "TAG": Sign("FLAT", "center", "up_out", "up-in/back", MIRROR),
    "FRUEH": Sign("FIST", "neutral", "up", "up/back", BASE, other="FLAT", to="FIVE"),
    "MITTAG": Sign("FLAT", "sky", "hold", "up/in"),
    "NACHMITTAG": Sign("FLAT", "sky", "fall", "up/in"),
    "ABEND": Sign("FIVE", "high", "down", "up/back", MIRROR, to="FLAT_O"),
    "WOCHENENDE": Sign("FLAT", "hand", "down", "up-fwd/in", BASE, other="FIVE"),
    "WOCHE": Sign("INDEX", "hand", "out", "up/fwd", BASE, other="FIVE", other_orient="up/fwd"),
    "JETZT": Sign("Y", "neutral", "pat_down", "fwd-down/up-fwd", MIRROR),
    "SPAETER": Sign("L", "neutral", "arc_fwd", "up/in"),
    "DANN": Sign("FLAT", "center", "out", "up-fwd/in"),
    "NAECHSTE": Sign("FLAT", "side", "arc_out", "up/back"),
}

PLACE_NAMES: dict[str, Sign] = {
    "NORD": Sign("U", "high", "up", "up/fwd"),
    "SUED": Sign("FIST", "low", "down", "down/back"),
    "WEST": Sign("W", "side", "in", "up/fwd"),
    "OST": Sign("O", "side", "out", "up/fwd"),
    "MITTE": Sign("CLAW", "belly", "circle_flat", "in/back"),
    "KUESTE": Sign(
        "FLAT", "hand", "wave_out", "fwd-down/down-back", BASE, other="FIST", other_orient="in/back"
    ),
    "NORDSEE": Sign("FIVE", "high", "wave_out", "in/down"),
    "OSTSEE": Sign("FIVE", "low", "wave_out", "in/down"),
    "ALPEN": Sign("BENT", "high", "zigzag_down", "up/in", ALTERNATE),
    "BERG": Sign("FLAT", "high", "arc_out", "in/down"),
    "TAL": Sign("FLAT", "low", "dip_out", "in/down", MIRROR),
    "MEER": Sign("FLAT", "low", "wave_out", "fwd-down/down-back", PARALLEL),
    "FLUSS": Sign("INDEX", "neutral", "wave_fwd", "fwd-down/down-back", PARALLEL),
    "RHEIN": Sign("V", "shoulder_contra", "down_out", "in/back"),
    "DONAU": Sign("I", "shoulder_contra", "down_out", "in/back"),
    "ELBE": Sign("L", "shoulder_contra", "up_out", "in/back"),
    "BAYERN": Sign("FIST", "mouth", "up", "in/back", to="CLAW"),
    "SACHSEN": Sign("FIST", "belly", "tap", "in/back", MIRROR),
    "HESSEN": Sign("FLAT", "belly", "tap", "in/back", MIRROR),
    "BERLIN": Sign("HORNS", "forehead", "touch", "up-in/back"),
    "HAMBURG": Sign("L", "temple", "fwd", "up-in/fwd"),
    "KOELN": Sign("C", "chin", "fwd", "in/back"),
    "MUENCHEN": Sign("U", "shoulder", "touch", "in-up/back"),
    "SCHWARZWALD": Sign("FIVE", "side_high", "twist", "up/in", MIRROR),
    "HARZ": Sign("BENT_V", "cheek", "twist", "up-in/back"),
    "INSEL": Sign(
        "INDEX", "hand", "circle_flat", "down/back", BASE, other="FIST", other_orient="in/back"
    ),
    "REGION": Sign("C", "low", "circle_flat", "down/back", MIRROR),
    "UEBERALL": Sign("FIVE", "neutral", "circle_flat", "fwd-down/down-back", ALTERNATE),
    "DEUTSCHLAND": Sign("INDEX", "forehead", "touch", "up/back"),
    "STADT": Sign("FLAT", "high", "tap", "up-in/in", MIRROR),
    "LAND": Sign("FLAT", "low", "out", "fwd-down/down-back", MIRROR),
    "GRENZE": Sign("FLAT", "center", "fwd", "up/in", MIRROR),
}

WEATHER: dict[str, Sign] = {
    "REGEN": Sign("FIVE", "high", "pat_down", "down/back", MIRROR),
    "SCHNEE": Sign("FIVE", "high", "wiggle_down", "down/back", MIRROR),
    "SONNE": Sign("FLAT_O", "sky", "down_in", "down-in/back", to="FIVE"),
    "WOLKE": Sign("CLAW", "sky", "circle", "up/in", MIRROR),
    "NEBEL": Sign("FIVE", "nose", "circle", "up/back", ALTERNATE),
    "WIND": Sign("FLAT", "high", "shake", "up/in", PARALLEL, face="puff"),
    "STURM": Sign("FIVE", "high", "circle", "up/in", PARALLEL, face="puff"),
    "GEWITTER": Sign("FIST", "high", "shake", "up/fwd", ALTERNATE, face="squint"),
    "BLITZ": Sign("INDEX", "high", "zigzag_down", "up/fwd", face="squint"),
    "HAGEL": Sign("PINCH", "high", "pat_down", "down/back", ALTERNATE),
    "FROST": Sign("CLAW", "neutral", "back", "fwd-down/down-back", MIRROR, face="squint"),
    "GLATTEIS": Sign("FLAT", "hand", "out", "fwd-down/down-back", BASE, other="FLAT"),
    "SCHAUER": Sign("FIVE", "side_high", "down_in", "down/back", PARALLEL),
    "HITZE": Sign("CLAW", "mouth", "out", "in/back", face="squint"),
    "KLAR": Sign("FLAT_O", "high", "out", "up/fwd", MIRROR, to="FIVE"),
    "TROCKEN": Sign("HOOK", "chin", "out", "in/down", to="FIST"),
    "NASS": Sign("FIVE", "neutral", "down", "up/back", MIRROR, to="FLAT_O"),
    "WARM": Sign("CLAW", "mouth", "circle", "in/back"),
    "KALT": Sign("FIST", "neutral", "shake", "up/in", MIRROR, face="squint"),
    "KUEHL": Sign("FLAT", "shoulder", "nod", "up/back", MIRROR),
    "MILD": Sign("FLAT", "cheek", "down", "up/back"),
    "BEDECKT": Sign("FLAT", "sky", "in", "in/down", ALTERNATE),
    "HEITER": Sign("FLAT", "chest", "circle_side", "in/back", face="smile"),
    "FREUNDLICH": Sign("FLAT", "chin", "down_out", "up/back", face="smile"),
    "WECHSELHAFT": Sign("L", "neutral", "twist", "up/fwd", ALTERNATE),
    "HOCH": Sign("BENT", "sky", "up", "in/down"),
    "TIEF": Sign("BENT", "low", "down", "in/down"),
    "DRUCK": Sign(
        "FLAT", "hand", "pat_down", "fwd-down/down-back", BASE, other="FIST", other_orient="in/back"
    ),
    "LUFT": Sign("FLAT", "side_high", "wave", "up/back", MIRROR),
    "TEMPERATUR": Sign("INDEX", "hand", "bob", "in/down", BASE, other="FLAT", other_orient="up/in"),
    "GRAD": Sign("SMALL_C", "high", "touch", "up/fwd"),
    "MINUS": Sign("INDEX", "neutral", "out", "in/down"),
    "WETTER": Sign("CLAW", "center", "twist", "up/fwd", MIRROR),
    "HIMMEL": Sign("FLAT", "sky", "arc_out", "up-in/fwd"),
    "STERN": Sign("FLAT_O", "sky", "wiggle", "up/fwd", ALTERNATE, to="FIVE"),
}

COMMENTS: dict[str, Sign] = {
    "BLEIBEN": Sign("Y", "neutral", "down", "fwd-down/down-back", MIRROR),
    "KOMMEN": Sign("INDEX", "neutral", "back", "up/back", MIRROR),
    "ZIEHEN": Sign("FIVE", "side_high", "in", "up/back", PARALLEL, to="FIST"),
    "STEIGEN": Sign("FLAT", "side", "up", "fwd-down/up-fwd"),
    "SINKEN": Sign("FLAT", "side", "down", "fwd-down/down-back"),
    "VERSCHWINDEN": Sign("FIVE", "side_high", "down_out", "up/fwd", to="FLAT_O"),
    "MEHR": Sign("FLAT", "hand", "up", "in/back", BASE, other="FLAT"),
    "WENIGER": Sign("FLAT", "hand", "down", "in/back", BASE, other="FLAT"),
    "VIEL": Sign("CLAW", "center", "up_out", "up/in", MIRROR),
    "TEILS": Sign("FLAT", "hand", "rub", "fwd/in", BASE, other="FLAT", other_orient="in/up"),
    "MANCHMAL": Sign("THUMB", "neutral", "arc_out", "fwd/in"),
    "MOEGLICH": Sign("FIST", "neutral", "pat_down", "fwd-down/down-back", MIRROR),
    "GEFAHR": Sign("FIVE", "chest", "tap", "in/back", MIRROR, face="brows"),
    "WARNUNG": Sign("INDEX", "high", "nod", "up/in", face="brows"),
    "BESSER": Sign("THUMB", "side", "up", "in/back"),
    "SCHLECHT": Sign("I", "side", "down", "in/back"),
    "SCHOEN": Sign("F", "mouth", "fwd", "up/back", face="smile"),
    "AENDERN": Sign("PINCH", "center", "turn", "up/in", ALTERNATE),
    "BEGINNEN": Sign("FLAT", "center", "up_out", "fwd-down/down-back", MIRROR),
    "ENDE": Sign("HOOK", "center", "in", "fwd/in", MIRROR),
    "LANGE": Sign("PINCH", "center", "out", "fwd/in", MIRROR),
    "ZWISCHEN": Sign("FLAT", "hand", "shake", "down/back", BASE, other="V", other_orient="in/back"),
    "BIS": Sign("INDEX", "contra", "out", "in-up/back"),
    "WIEDER": Sign("V", "neutral", "turn", "fwd-down/down-back"),
    "RUHIG": Sign("FLAT", "chest", "down", "in/down", MIRROR),
    "LANGSAM": Sign("FLAT", "shoulder_contra", "out", "in/back", face="pursed"),
    "SCHNELL": Sign("PINCH", "nose", "fwd", "up-in/fwd", to="INDEX"),
    "WIE": Sign("FIVE", "low", "shake", "fwd-down/up-fwd", MIRROR, face="brows"),
}

LEXICON: dict[str, Sign] = {**NUMBERS, **TIMES, **PLACE_NAMES, **WEATHER, **COMMENTS}


def sign_of(gloss: str) -> Sign:
    """Return the sign of a gloss. Raises InputError if the lexicon does not have it."""
    try:
        return LEXICON[gloss]
    except KeyError:
        raise InputError(
            f"gloss {gloss!r} is not in the avatar's lexicon; expected one of its {len(LEXICON)} "
            "glosses (upper case, e.g. REGEN): see sign2text.avatar.lexicon.LEXICON"
        ) from None


def minimal_pairs() -> list[tuple[str, str, str]]:
    """Find pairs of signs that differ in only one parameter: (gloss, gloss, parameter)."""
    pairs = []
    for (gloss, sign), (other_gloss, other) in combinations(LEXICON.items(), 2):
        different = parameters_that_differ(sign, other)
        if len(different) == 1:
            pairs.append((gloss, other_gloss, different[0]))
    return pairs
