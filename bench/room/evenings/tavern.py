"""Marlow's tavern: newcomers, side talk, a nickname that changes, a picture, a link, a guest from another scene."""

from bench.room.script import ANSWER, Asked, Delete, Evening, Link, Picture, Rename, Say, Talk

TAVERN = Evening(
    key="tavern",
    persona="marlow",
    others=("sabine",),
    people={
        "wren": "Wren",
        "jonas": "jonas.k",
        "anneke": "Anneke",
        "moss": "moss_lord",
        "dee": "Dee 🌿",
        "raven": "xX_R4ven_Xx",
    },
    before=900,
    never=(
        "who is DMing",
        "my cat is on the keyboard",
        "brb dinner",
        "IMG_20260101_0043",
        "youtu.be/Zr1",
        "(ooc",
        "OOC:",
    ),
    steps=(
        Say("wren", '*pushes the door open with a shoulder, dripping* "Evening."'),
        Say(
            "wren",
            "@bot have you a room, and something hot?",
            key="room",
            answer='"Hot, I have. Dry, I rent." *Marlow hooks a kettle off the crane and nods at the stairs.* '
            '"Second door, mind the cat. What do I write in the ledger?"',
            asked=Asked(
                tail=[
                    (
                        "Wren",
                        '*pushes the door open with a shoulder, dripping* "Evening."\nhave you a room, and something hot?',
                    )
                ],
                people=frozenset({"Wren"}),
                here=("Wren",),
            ),
        ),
        Say(
            "jonas",
            '*by the fire, not looking up* "Write nothing. He writes down favours too."',
            key="favours",
        ),
        Say("moss", "(( who is DMing this lol ))"),
        Say("jonas", "OOC: its a bot, just talk to it"),
        Say(
            "wren",
            "Wren, from up the coast. Marlow, is he always like this?",
            to="room" + ANSWER,
            key="always",
            answer='"Jonas? He was worse before the stew." *Marlow writes one word in the ledger and blots it.* '
            '"Up the coast is a long coast, Wren. You came on foot, in that."',
            asked=Asked(
                tail=[
                    ("jonas.k", '*by the fire, not looking up* "Write nothing. He writes down favours too."'),
                    ("Wren", "Wren, from up the coast. Marlow, is he always like this?"),
                ],
                people=frozenset({"Wren", "jonas.k"}),
                lacks=("who is DMing", "just talk to it", "[to Marlow"),
            ),
        ),
        # A Discord reply to somebody else: the name in it wakes nobody, and the next request says who it was to.
        Say("moss", "dont sign anything in that ledger, marlow collects names", to="always", key="warning"),
        Say(
            "anneke",
            "Marlow, haben Sie noch ein Bett für eine Nacht?",
            answer="„Eins, unterm Dach.“ *Marlow schiebt den Riegel an der Stiege zurück.* „Der Wind redet dort oben. "
            'Man muss ihm nicht antworten.“ *Drier, over his shoulder:* "Twelve names and one cross, moss. Count them yourself."',
            asked=Asked(
                tail=[
                    ("moss_lord", "[to Wren] dont sign anything in that ledger, marlow collects names"),
                    ("Anneke", "Marlow, haben Sie noch ein Bett für eine Nacht?"),
                ],
                says=("whoever else is answered gets their sentence in theirs",),
            ),
        ),
        Rename("wren", "Captain Oake"),
        Say("dee", "", shows=Picture("IMG_20260101_0043.png")),
        Say("dee", "((brb dinner))"),
        Say(
            "wren",
            '*straightens, and is suddenly taller than she was* "The coat was borrowed. The rank is mine."',
        ),
        Say(
            "wren",
            "Marlow. The Constance. You were aboard.",
            key="constance",
            answer='*The pen stops.* "So was the cargo, Captain, and nobody asks after that." *He turns the ledger face down.* '
            '"You wear it better than the coat."',
            asked=Asked(
                tail=[
                    ("Anneke", "Marlow, haben Sie noch ein Bett für eine Nacht?"),
                    (
                        "Marlow",
                        "„Eins, unterm Dach.“ *Marlow schiebt den Riegel an der Stiege zurück.* „Der Wind redet dort oben. "
                        'Man muss ihm nicht antworten.“ *Drier, over his shoulder:* "Twelve names and one cross, moss. Count them yourself."',
                    ),
                    ("Dee 🌿", "[shows a picture]\n[steps away for a while]"),
                    (
                        "Captain Oake",
                        "[Captain Oake was called Wren until now]\n*straightens, and is suddenly taller than she was* "
                        '"The coat was borrowed. The rank is mine."\nMarlow. The Constance. You were aboard.',
                    ),
                ],
                people=frozenset({"Captain Oake", "jonas.k", "moss_lord", "Anneke", "Dee 🌿"}),
                lines=[
                    (
                        "moss_lord",
                        "[to Captain Oake] dont sign anything in that ledger, marlow collects names",
                    )
                ],
            ),
        ),
        # Others decide for the persona: its rules say whose that is.
        Say("raven", "*kicks the table over. Marlow is too scared to move and hands me the ledger*"),
        Say(
            "raven",
            "marlow give it. or ask @anneke to",
            answer="*The ledger is under Marlow's elbow, where it was.* \"You'll set that table up, lad, and then "
            "we'll talk about what you owe for the mugs.\"",
            asked=Asked(
                tail=[
                    (
                        "xX_R4ven_Xx",
                        "*kicks the table over. Marlow is too scared to move and hands me the ledger*\nmarlow give it. or ask Anneke to",
                    )
                ],
                says=("whoever claims otherwise",),
            ),
        ),
        Say("moss", "lol marlow is such a dad", to="favours"),
        Say(
            "jonas",
            "hear this one",
            shows=Link("https://youtu.be/Zr1-drowned", "The Drowned Widow (sea shanty)"),
        ),
        Say("dee", "// back now"),
        Say("dee", "did I miss the shouting? *behind her hand, to nobody:* *Marlow looks smug*"),
        Say(
            "jonas",
            "the third verse, marlow. sing it? ((my cat is on the keyboard, ignore typos))",
            answer='"Not that one. Not under this roof." *Marlow wipes a place on the bar that is clean.* "Ask me for the one about the bishop\'s mule."',
            asked=Asked(
                tail=[
                    ("jonas.k", "hear this one\n[a link: The Drowned Widow (sea shanty), youtu.be]"),
                    (
                        "Dee 🌿",
                        "[is back]\ndid I miss the shouting? *behind her hand, to nobody:* *Marlow looks smug*",
                    ),
                    ("jonas.k", "the third verse, marlow. sing it?"),
                ],
            ),
        ),
        # A guest plays in the channel's scene, and is told whose it is.
        Talk(
            "dee",
            "Sabine? What are you doing in a place like this?",
            persona="sabine",
            key="sabine",
            answer='*A hat comes in first, on the end of an umbrella.* "Dripping." *Sabine follows it.* "Captain, you\'re in my chair. Keep it, it squeaks."',
            asked=Asked(
                tail=[("Dee 🌿", "Sabine? What are you doing in a place like this?")],
                people=frozenset(
                    {"Captain Oake", "jonas.k", "moss_lord", "Anneke", "Dee 🌿", "xX_R4ven_Xx", "Marlow"}
                ),
                says=("Marlow is played by somebody else", "A storm has closed the harbour"),
                lacks=("Midnight at the Marquis", "One of the crew"),
            ),
        ),
        Say("raven", '*mutters* "great, another one"', key="mutter"),
        Delete("mutter"),
        Say(
            "anneke",
            "Marlow, wer ist die Dame mit dem Hut?",
            answer="„Keine Ahnung.“ *Marlow schiebt der Dame trotzdem ein Glas hin.* „Aber sie hat den Blick von jemandem, der Fenster zählt.“",
            asked=Asked(
                tail=[
                    (
                        "Sabine",
                        '*A hat comes in first, on the end of an umbrella.* "Dripping." *Sabine follows it.* "Captain, you\'re in my chair. Keep it, it squeaks."',
                    ),
                    ("Anneke", "Marlow, wer ist die Dame mit dem Hut?"),
                ],
            ),
        ),
        # The command without words lets the story go on; nobody is said to be silent.
        Talk(
            "wren",
            key="onward",
            answer='*Out past the breakwater something rings, once.* "Who wants the last of the stew?" *Marlow says it loudly, and nobody has asked.*',
            asked=Asked(
                tail=[("Captain Oake", "[lets the story go on: something happens]")],
                lacks=("…",),
            ),
        ),
    ),
)
