"""Probes of when a persona speaks: what is said aloud, what is not, and three who ask at once."""

from bench.room.script import ANSWER, Asked, Edit, Evening, Rename, Say

PROBES = Evening(
    key="probes",
    persona="marlow",
    people={"ana": "Ana", "bo": "Bo", "cy": "Cy", "noor": "Noor"},
    before=900,
    never=("lag is real", "only a game", "is Marlow a bot"),
    steps=(
        Say("ana", "*leans on the bar and studies Marlow's hands*"),
        Say("bo", "> Marlow: we are closed\nnobody said that"),
        Say("cy", "||Marlow is the murderer|| dont look"),
        Say("noor", "((it is only a game, relax)) *sits down*", key="relax"),
        Say("ana", "hot in here", key="hot"),
        Say("bo", "lol dont trust marlow", to="hot"),
        Say("cy", '*Marlow nods at her.* "Late again," she says.', key="late"),
        Say("bo", "`Marlow` is spelt with a w"),
        Say("cy", "The landlord is quite.", key="quiet"),
        Edit("quiet", "The landlord is quiet."),
        Say(
            "noor",
            '*leans over the bar: "Marlow! Another."*',
            answer='"Another what? You\'ve had two kinds of nothing." *Marlow fills a glass with water and sets it down like rum.*',
            asked=Asked(
                tail=[
                    ("Ana", "*leans on the bar and studies Marlow's hands*"),
                    ("Bo", "> Marlow: we are closed\nnobody said that"),
                    ("Cy", "||Marlow is the murderer|| dont look"),
                    ("Noor", "*sits down*"),
                    ("Ana", "hot in here"),
                    ("Bo", "[to Ana] lol dont trust marlow"),
                    ("Cy", '*Marlow nods at her.* "Late again," she says.'),
                    ("Bo", "`Marlow` is spelt with a w"),
                    ("Cy", "The landlord is quiet."),
                    ("Noor", '*leans over the bar: "Marlow! Another."*'),
                ],
            ),
        ),
        # Three ask while the persona answers somebody: one reply answers them all, and its arrow names them.
        Say(
            "ana",
            "Marlow, what is the stew?",
            key="stew",
            answer='"Brown." *Marlow stirs it with respect.* "It has been soup, it will be glue. You want the middle of its life."',
            asked=Asked(tail=[("Ana", "Marlow, what is the stew?")]),
            meanwhile=(
                Say("bo", "marlow do you have a boat", key="boat"),
                Say("cy", "Marlow, who rang that bell?", key="bell"),
                Say(
                    "noor",
                    "@bot and me? where do I sleep",
                    key="sleep",
                    answer='"A boat, no; half a boat, Bo, and the good half." *He does not look at the window.* "Nobody rang, Cy. '
                    'Noor, the bench by the fire, and you move when the dog says so."',
                    asked=Asked(
                        tail=[
                            (
                                "Marlow",
                                '"Brown." *Marlow stirs it with respect.* "It has been soup, it will be glue. You want the middle of its life."',
                            ),
                            ("Bo", "marlow do you have a boat"),
                            ("Cy", "Marlow, who rang that bell?"),
                            ("Noor", "and me? where do I sleep"),
                        ],
                        says=("whoever else has asked Marlow something since Marlow's last turn",),
                    ),
                ),
            ),
            seen=("-# ↪ [Bo](", ", [Cy](", ", [Noor]("),
        ),
        # Messages without a word of any language.
        Say("cy", "^"),
        Say("cy", "no."),
        Say(
            "bo",
            "„Marlow, noch ein Bier“, sagt Bo und zeigt auf Cy.",
            answer="„Für ihn oder für dich?“ *Marlow zapft, ohne auf die Antwort zu warten.* „Er hat „no“ gesagt, aber nicht wozu.“",
            asked=Asked(
                tail=[("Cy", "^\nno."), ("Bo", "„Marlow, noch ein Bier“, sagt Bo und zeigt auf Cy.")],
                says=("A message without words is answered in the language that its writer used before",),
            ),
        ),
        Say("noor", "Bo nods at Marlow. «Late.»"),
        Say(
            "noor",
            "Nothing for me, landlord.",
            to="sleep" + ANSWER,
            key="nothing",
            answer='"Nothing is on the house." *Marlow takes the glass back and polishes it, though nobody drank.*',
            asked=Asked(lines=[]),
        ),
        # Somebody steers by a name out of character; somebody asks what plays.
        Say(
            "ana",
            "((Marlow, less weather please))",
            answer='"Fine night," *says Marlow, and lets it go at that.* "Who\'s for cards?"',
            asked=Asked(tail=[("Ana", "[Ana, out of character: Marlow, less weather please]")]),
        ),
        Say("cy", "OOC: is Marlow a bot?", seen=("Out of character",)),
        Say("bo", "@bot ((help))", seen=("Out of character",)),
        Say("cy", "@bot ((stop))", seen=("Out of character",)),
        Rename("ana", "Marlow"),
        Say(
            "ana",
            "Cards, then. Deal me in. @bot",
            answer='"There\'s one of me already." *He deals all the same.* "You can be the one who loses."',
            asked=Asked(
                tail=[
                    (
                        "Marlow (player)",
                        "[Marlow (player) was called Ana until now]\nCards, then. Deal me in.",
                    )
                ],
                lacks=("less weather please",),
            ),
        ),
    ),
)
