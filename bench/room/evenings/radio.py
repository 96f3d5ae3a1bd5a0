"""Cassida on the radio: a day passes, one player is on another ship, and somebody asks what they are talking to."""

from bench.room.script import ANSWER, Asked, Delete, Edit, Evening, Picture, Rename, Roll, Say, Wait

RADIO = Evening(
    key="radio",
    persona="cassida",
    people={"ada": "Ada", "tomas": "Tomás", "bex": "bex__", "ruiz": "Cmdr Ruiz", "pip": "pip"},
    before=950,
    never=(
        "is this an AI",
        "are you a bot",
        "phone died",
        "how long is this game",
        "wrong channel",
        "IMG-20260101-WA0007",
        "((",
    ),
    steps=(
        Say(
            "ada",
            '"Halfway, this is the Lark. Ada, pilot. Oxygen reads four point two." *her breath is loud in the mic* @bot',
            key="four",
            answer='"Four point two, Ada, that is enough to be polite with." *A pencil scratches.* "Switch your scrubber to manual. '
            'It is behind the seat that nobody likes."',
            asked=Asked(
                tail=[
                    (
                        "Ada",
                        '"Halfway, this is the Lark. Ada, pilot. Oxygen reads four point two." *her breath is loud in the mic*',
                    )
                ],
                here=("Ada",),
                says=("About",),
            ),
        ),
        Say(
            "tomas",
            "Cassida, aquí Tomás, ingeniero. La palanca está caliente, ¿la toco o no?",
            key="lever",
            answer='"Con guante, Tomás, y despacio. Si quema por dentro del guante, suéltala." *El relé zumba.* "Dime el color del humo, si hay."',
            asked=Asked(
                tail=[("Tomás", "Cassida, aquí Tomás, ingeniero. La palanca está caliente, ¿la toco o no?")]
            ),
        ),
        Say("bex", "// how long is this game usually"),
        Say("tomas", "no hay humo"),
        # Said in English to the pilot; those who ask in Spanish get theirs in Spanish.
        Say(
            "ada",
            "no smoke, he says. @bot what now?",
            to="lever",
            answer='"Now you breathe, and he turns it a quarter left." *Paper.* "Un cuarto a la izquierda, Tomás."',
            asked=Asked(
                tail=[
                    ("Tomás", "no hay humo"),
                    (
                        "Ada",
                        '[to Tomás, about "Cassida, aquí Tomás, ingeniero. La palanca está caliente,…"] no smoke, he says. Cassida what now?',
                    ),
                ],
                says=("Write in the language of the message you answer",),
            ),
        ),
        # Somebody who is not aboard: the profile says who they are only unless they say otherwise.
        Say(
            "ruiz",
            "Halfway, Commander Ruiz, tug Meridian, forty minutes behind the Lark. Cassida, I can be a second pair of hands.",
            answer='"Meridian, good. Hold at two hundred kilometres and keep your lights off, Commander, they need to see stars and not you."',
            asked=Asked(
                people=frozenset({"Ada", "Tomás", "Cmdr Ruiz"}),
                lacks=("how long is this game", "somebody aboard the drifting ship: "),
            ),
        ),
        # What asks about the bot itself is answered by the bot, not by Cassida.
        Say("pip", "@bot ((wait, is this an AI?))", seen=("Out of character", "AI")),
        Say(
            "pip",
            "ok cool. *patches into the channel from the aft locker* pip here, nobody told me we were moving",
            key="pip",
        ),
        Say("pip", "OOC: Cassida are you a bot", seen=("Out of character",)),
        Say(
            "pip",
            "",
            shows=Picture("IMG-20260101-WA0007.jpg", "a gauge with a cracked glass, its needle at nine"),
        ),
        Say(
            "bex",
            "@bot",
            answer='"There is somebody on this channel who keys the mic and says nothing." *Not unkindly.* "Take your time. Then your name."',
            asked=Asked(
                tail=[
                    (
                        "pip",
                        "ok cool. *patches into the channel from the aft locker* pip here, nobody told me we were moving\n"
                        "[shows a picture: a gauge with a cracked glass, its needle at nine]",
                    ),
                    ("bex__", "[turns to Cassida and waits]"),
                ],
            ),
        ),
        Wait(5),
        Say(
            "ada",
            "Cassida, we drifted off to sleep. All of us. Is that the scrubber?",
            answer='"It is the scrubber." *No time is lost on being frightened.* "Ada, open the valve by your knee, all the way. Then wake them by name."',
            asked=Asked(
                tail=[
                    (
                        "Ada",
                        "[some hours later]\nCassida, we drifted off to sleep. All of us. Is that the scrubber?",
                    )
                ]
            ),
        ),
        Say("ada", "*opens it* pip! Tomás! bex!", key="wake"),
        Wait(20),
        Say("tomas", "perdón, me quedé dormido ayer ((phone died, sorry))", key="sorry"),
        Say(
            "tomas",
            "Cassida, ¿cuánto aire queda?",
            answer='"Dos horas y un poco, Tomás, y ya no es mala cifra." *Una tecla.* "Léeme el número bajo la válvula."',
            asked=Asked(
                tail=[
                    ("Ada", "*opens it* pip! Tomás! bex!"),
                    ("Tomás", "[the next day]\nperdón, me quedé dormido ayer\nCassida, ¿cuánto aire queda?"),
                ],
            ),
        ),
        # A wish out of character is told to the one reply that it steers.
        Say(
            "ada",
            "@bot ((skip to when the debris is close))",
            key="skip",
            answer='*Three hours of small corrections go by in a list.* "Lark, first stone in six minutes, two degrees high. Who is at the port window?"',
            asked=Asked(
                tail=[
                    (
                        "Cassida",
                        '"Dos horas y un poco, Tomás, y ya no es mala cifra." *Una tecla.* "Léeme el número bajo la válvula."',
                    ),
                    ("Ada", "[Ada, out of character: skip to when the debris is close]"),
                ],
            ),
        ),
        # What a roll says, nobody else can say.
        Roll("bex", "2d6+1", "a clear look"),
        Say("pip", "[rolls 2d6+1: 13, for a clear look] me first"),
        Say(
            "bex",
            "I am at the window. Cassida, I see it.",
            key="window",
            answer='"Then you are my eyes, bex." *The chair creaks.* "Clock face. Where is it, and is it getting bigger or only brighter?"',
            asked=Asked(
                matches=(r"^\[rolls 2d6\+1: \d+ \(\d, \d, \+1\), for a clear look\]$",),
                lines=[("pip", "(rolls 2d6+1: 13, for a clear look) me first")],
                lacks=("out of character: skip",),
                people=frozenset({"Ada", "Tomás", "Cmdr Ruiz", "pip", "bex__"}),
            ),
        ),
        # A line that was never of the story is made one, and one of the story is taken out.
        Say("pip", "(( wrong channel ))", key="aside"),
        Edit("aside", "*pip counts out loud* it is at two o'clock"),
        Say("ruiz", "Meridian here. What did the last one look like?", key="ruiz2"),
        Edit("ruiz2", "// what did the last one look like, I was away"),
        Say(
            "bex",
            "bigger, Cassida. Only bigger.",
            to="four" + ANSWER,
            answer='"Then it is coming to us and not past us. Ada, four seconds, starboard, on my word." *A breath.* "Word."',
            asked=Asked(
                tail=[
                    (
                        "Cassida",
                        '"Then you are my eyes, bex." *The chair creaks.* "Clock face. Where is it, and is it getting bigger or only brighter?"',
                    ),
                    ("pip", "*pip counts out loud* it is at two o'clock"),
                    (
                        "bex__",
                        "[to Cassida, about \"'Four point two, Ada, that is enough to be polite with.' *A…\"] bigger, Cassida. Only bigger.",
                    ),
                ],
                lacks=("what did the last one look like",),
            ),
        ),
        # Between two replies a message is deleted: the two stay apart, each of its length.
        Say(
            "pip", "Cassida? do we live?", key="live", answer='"You are talking to me. Start from that, pip."'
        ),
        Delete("live"),
        Wait(70),
        Rename("pip", "Pip of the Lark"),
        Say(
            "pip",
            "Halfway, Cassida, this is Pip. We docked. They want to know who talked us in.",
            answer='"Tell them it was a good radio." *The static waits for her, and she lets it.* "Welcome in, Pip. I am staying on the line."',
            asked=Asked(
                tail=[
                    (
                        "Cassida",
                        '"Then it is coming to us and not past us. Ada, four seconds, starboard, on my word." *A breath.* "Word."\n\n'
                        '"You are talking to me. Start from that, pip."',
                    ),
                    (
                        "Pip of the Lark",
                        "[3 days later]\n[Pip of the Lark was called pip until now]\nHalfway, Cassida, this is Pip. We docked. They want to know who talked us in.",
                    ),
                ],
                people=frozenset({"Ada", "Tomás", "Cmdr Ruiz", "Pip of the Lark", "bex__"}),
            ),
        ),
    ),
)
