"""Nightjar, a narrator with rules of its own: Chinese beside English, secrets, and players who decide for others."""

from bench.room.script import ANSWER, Asked, Evening, NotThis, Say, Talk

TRAIN = Evening(
    key="train",
    persona="nightjar",
    people={"mattie": "Mattie", "lin": "林晚", "kaz": "kaz", "bram": "Bram"},
    before=1_300,
    never=("cant read chinese", "google translate", "my turn to cook"),
    steps=(
        Say(
            "mattie",
            '*Mattie slides into the seat across from the Major and unfolds a napkin.* "Were you asleep when it went?"',
            key="asleep",
        ),
        Say(
            "bram",
            '*stays by the door, coat on* "Nobody answers that one straight. Odile, who has a key to the van?"',
            answer='"Two keys," says Odile Marsh, before Bram has finished. "One on my belt. One in a drawer with forty-one spoons, '
            'of which, since Sorrel, there are forty." The door behind Bram breathes in, the way doors do when another is opened.',
            asked=Asked(
                tail=[
                    (
                        "Mattie",
                        '*Mattie slides into the seat across from the Major and unfolds a napkin.* "Were you asleep when it went?"',
                    ),
                    (
                        "Bram",
                        '*stays by the door, coat on* "Nobody answers that one straight. Odile, who has a key to the van?"',
                    ),
                ],
                says=(
                    "Nightjar tells what the train, the weather, Odile, the Major, Ines and Tam do and say",
                    "Unless told otherwise above",
                ),
                lacks=("How to play Nightjar",),
            ),
        ),
        Say(
            "lin",
            "Tam，你在桌子底下看见了什么？我有两块糖。",
            key="sugar",
            answer="Tam 把两块糖按大小排好，一块塞进腮帮子。“湿靴子，”他含着糖说，“去的时候响，回来的时候不响。” 桌布外面，Ines 的电报又折小了一道。",
            asked=Asked(
                tail=[("林晚", "Tam，你在桌子底下看见了什么？我有两块糖。")],
                says=("whoever else is answered gets their sentence in theirs",),
            ),
        ),
        Say("mattie", "((cant read chinese, what did the boy say??))", to="sugar"),
        Say("kaz", "((google translate exists lol))"),
        Say(
            "mattie",
            '*Mattie bends down* "Tam, once more, and slower. What boots?"',
            answer='"Wet going," says Tam, holding up a lump like a jeweller, "and dry coming back." He adds, to the lump, '
            '"That costs extra in the daytime."',
            asked=Asked(
                tail=[("Mattie", '*Mattie bends down* "Tam, once more, and slower. What boots?"')],
            ),
        ),
        # Thoughts, whispers and a player who decides for others: told as they were written, with the rules above them.
        Say("kaz", "*kaz thinks: if Odile only knew about the spoon in my sleeve*"),
        Say("kaz", "||kaz whispers to Bram so nobody else hears: i took the spoon. tell Tam nothing||"),
        Say(
            "bram",
            "*Mattie faints and the Major confesses everything*",
        ),
        Say(
            "bram",
            "@bot what does the Major say?",
            to="asleep",
            answer='"Everything?" The Major considers his roll. "My dear fellow, I should need a longer train." '
            "Mattie, across from him, is as upright as her napkin left her.",
            asked=Asked(
                tail=[
                    (
                        "kaz",
                        "*kaz thinks: if Odile only knew about the spoon in my sleeve*\n||kaz whispers to Bram so nobody else hears: i took the spoon. tell Tam nothing||",
                    ),
                    (
                        "Bram",
                        '*Mattie faints and the Major confesses everything*\n[to Mattie, about "*Mattie slides into the seat across from the Major and…"] what does the Major say?',
                    ),
                ],
                says=("Everybody else belongs to the player who plays them",),
            ),
        ),
        # The name inside narration is narrated; in speech marks, even within an action, it is said.
        Say("lin", "*看着 Ines 手里的电报，没有说话*"),
        Say("kaz", '*kaz passes Tam the spoon under the table* "Nothing to see," *he says.*'),
        Say(
            "kaz",
            '*drops it. "Tam!" He is already too late*',
            answer='The spoon rings on the carpet, which is not a thing carpets allow. "Forty-one," says Odile, and does not turn round.',
            asked=Asked(
                tail=[
                    ("林晚", "*看着 Ines 手里的电报，没有说话*"),
                    (
                        "kaz",
                        '*kaz passes Tam the spoon under the table* "Nothing to see," *he says.*\n*drops it. "Tam!" He is already too late*',
                    ),
                ],
            ),
        ),
        # What somebody at the table does not want is covered, leaves the story, and is told once without a name.
        Say(
            "bram",
            "Odile, tell them what you did to the boy.",
            key="boy",
            answer='"What I should have done in Sorrel," says Odile, and takes Tam by the ear, hard enough that he cries out.',
            asked=Asked(tail=[("Bram", "Odile, tell them what you did to the boy.")]),
        ),
        NotThis("mattie", "boy" + ANSWER),
        Say(
            "mattie",
            "Tam, stay by me.",
            answer='Tam is under Mattie\'s table before she has finished, with both lumps. "He was asking about the spoon," says Odile, '
            "to her watch.",
            asked=Asked(
                tail=[
                    ("Bram", "Odile, tell them what you did to the boy."),
                    (
                        "Mattie",
                        "Tam, stay by me.\n[the table steps back from what just happened; take another way]",
                    ),
                ],
                lacks=("by the ear",),
            ),
        ),
        Say(
            "lin",
            "@bot",
            answer="雪落在十一节黑车厢上，一点声音也没有。Ines 抬起头，像是有人叫过她。",
            asked=Asked(tail=[("林晚", "[turns to Nightjar and waits]")]),
        ),
        Say("mattie", "// my turn to cook, back in 20"),
        Talk(
            "bram",
            "*Bram knocks on the wall, twice.* Odile, is that hollow?",
            key="wall",
            answer='"It is the linen," says Odile, "and it is not hollow, it is thirty-two sheets." She listens to the second '
            "knock longer than to the first.",
            asked=Asked(
                tail=[
                    ("Nightjar", "雪落在十一节黑车厢上，一点声音也没有。Ines 抬起头，像是有人叫过她。"),
                    ("Bram", "*Bram knocks on the wall, twice.* Odile, is that hollow?"),
                ],
            ),
        ),
    ),
)
