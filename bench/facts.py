"""Facts that are told early in a play, the question that asks for each much later, and the talk in between.

Law: a question is what a person would ask, in other words and forms than the fact where its language has them.
"""

# ruff: noqa: E501, RUF001 - a line is a sentence of a play, in the letters of its language

from dataclasses import dataclass


@dataclass(frozen=True)
class Play:
    """A play: its facts with question and the word that answers it, and what its talk is made of."""

    language: str
    facts: tuple[tuple[str, str, str], ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    syllables: tuple[str, ...] = ()
    blank: str = " "
    stop: str = "."


ENGLISH = Play(
    "English",
    (
        ("*leans in* My brother Osric keeps the silver key under the third beehive.",
         "Where did your brother keep the silver key?", "beehive"),
        ("The ferryman's dog is called Pepper, and it only barks at bishops.",
         "What was the name of the ferryman's dog?", "Pepper"),
        ("I was born in Tallow Street, above the candle maker's shop.",
         "Do you remember the street I was born in, above the candle maker?", "Tallow"),
        ("If I ever marry, it will be in October, when the cider is pressed.",
         "When did I say I would marry?", "October"),
        ("The password for the smugglers' cellar is 'herring moon'.",
         "What's the smugglers' password again?", "herring"),
        ("My grandmother lost two fingers to a pike in the mill pond.",
         "How did my grandmother lose her fingers?", "pike"),
        ("Captain Brandt owes me forty guilders since the card game at Vlissingen.",
         "How many guilders does Captain Brandt owe me?", "forty"),
        ("We hid the astrolabe behind the organ pipes in the chapel.",
         "Where is the astrolabe we hid?", "organ"),
    ),
    (("I think", "Perhaps", "So", "Well", "And"), ("what", "where", "when", "how", "who"),
     ("you did", "we are", "I was", "do you", "she is"), ("the name", "my hand", "your door", "that night", "again"),
     ("to me", "of it", "in the street", "would be", "say")),
    ("bra", "lo", "ken", "mi", "tur", "dov", "sel", "ga", "rin", "po", "wes", "hu"),
)  # fmt: skip

GERMAN = Play(
    "German",
    (
        ("Mein Bruder versteckt den silbernen Schlüssel unter dem dritten Bienenkorb.",
         "Wo hat dein Bruder den silbernen Schlüssel versteckt?", "Bienenkorb"),
        ("Der Hund des Fährmanns heißt Pfeffer und bellt nur Bischöfe an.",
         "Wie hieß noch mal der Hund vom Fährmann?", "Pfeffer"),
        ("Ich bin in der Talggasse geboren, über dem Laden des Kerzenmachers.",
         "Weißt du noch, in welcher Gasse über dem Kerzenmacher ich geboren bin?", "Talggasse"),
        ("Das Losungswort für den Keller der Schmuggler ist Heringsmond.",
         "Was war das Losungswort der Schmuggler?", "Heringsmond"),
        ("Meine Großmutter verlor zwei Finger an einen Hecht im Mühlteich.",
         "Wie hat meine Großmutter ihre Finger verloren?", "Hecht"),
        ("Hauptmann Brandt schuldet mir vierzig Gulden seit dem Kartenspiel.",
         "Wie viele Gulden schuldet mir Hauptmann Brandt?", "vierzig"),
        ("Wir haben das Astrolabium hinter den Orgelpfeifen verborgen.",
         "Wo ist das Astrolabium, das wir verborgen haben?", "Orgelpfeifen"),
        ("Die Tochter des Bäckers ist mit einem Fagottisten aus Triest durchgebrannt.",
         "Mit wem ist die Bäckerstochter, die Tochter vom Bäcker, durchgebrannt?", "Fagottisten"),
    ),
    (("Ich glaube", "Vielleicht", "Nun", "Und", "Also"), ("was", "wo", "wie", "wer", "wann", "welcher"),
     ("hat dein", "ist das", "war der", "bin ich", "haben wir"), ("die Hand", "den Weg", "noch mal", "viele", "dem Haus"),
     ("mit mir", "in der Nacht", "weißt du noch", "vom Tor", "ihre Zeit")),
    ("bra", "lun", "ken", "mis", "tur", "dorf", "sel", "gar", "rin", "pfo", "wes", "hu"),
)  # fmt: skip

SPANISH = Play(
    "Spanish",
    (
        ("Mi hermano guarda la llave de plata debajo de la tercera colmena.",
         "¿Dónde guardaba tu hermano la llave de plata?", "colmena"),
        ("El perro del barquero se llama Pimienta y solo ladra a los obispos.",
         "¿Cómo se llamaba el perro del barquero?", "Pimienta"),
        ("Nací en la calle del Sebo, encima de la tienda del cerero.",
         "¿Recuerdas la calle donde nací, encima del cerero?", "Sebo"),
        ("La contraseña de los contrabandistas es luna de arenque.",
         "¿Cuál era la contraseña de los contrabandistas?", "arenque"),
        ("Mi abuela perdió dos dedos por un lucio en el estanque del molino.",
         "¿Cómo perdió los dedos mi abuela?", "lucio"),
        ("El capitán Brandt me debe cuarenta florines desde la partida de cartas.",
         "¿Cuántos florines me debe el capitán Brandt?", "cuarenta"),
        ("Escondimos el astrolabio detrás de los tubos del órgano.",
         "¿Dónde está el astrolabio que escondimos?", "órgano"),
        ("La hija del panadero se fugó con un fagotista de Trieste.",
         "¿Con quién se fugó la hija del panadero?", "fagotista"),
    ),
    (("Creo que", "Quizá", "Pues", "Y", "Entonces"), ("qué", "dónde", "cómo", "quién", "cuál", "cuántos"),
     ("se llamaba", "era la", "está el", "me decía", "de los"), ("la mano", "del camino", "tu puerta", "mi casa", "las noches"),
     ("con ella", "en la noche", "recuerdas", "encima", "que no")),
    ("bra", "lo", "ken", "mi", "tur", "dol", "sel", "ga", "rin", "po", "vesa", "hu"),
)  # fmt: skip

RUSSIAN = Play(
    "Russian",
    (
        ("Мой брат хранит серебряный ключ под третьим ульем.", "Где твой брат хранил серебряный ключ?", "ульем"),
        ("Собаку паромщика зовут Перчик, и лает она только на епископов.",
         "Как зовут собаку того паромщика?", "Перчик"),
        ("Я родилась в Сальном переулке, над лавкой свечника.",
         "Помнишь, в каком переулке над свечником я родилась?", "Сальном"),
        ("Пароль контрабандистов — селёдочная луна.", "Какой был пароль у контрабандистов?", "луна"),
        ("Моя бабушка потеряла два пальца из-за щуки в мельничном пруду.",
         "Как моя бабушка потеряла пальцы?", "щуки"),
        ("Капитан Брандт должен мне сорок гульденов после игры в карты.",
         "Сколько гульденов должен мне капитан Брандт?", "сорок"),
        ("Мы спрятали астролябию за трубами органа.", "Где астролябия, которую мы спрятали?", "органа"),
        ("Дочь пекаря сбежала с фаготистом из Триеста.", "С кем сбежала дочка пекаря?", "фаготистом"),
    ),
    (("Я думаю", "Может быть", "Ну", "И", "Тогда"), ("что", "где", "как", "кто", "какой", "сколько"),
     ("была", "мне", "твой", "мы", "которую"), ("рука", "дорога", "дверь", "ночь", "опять"),
     ("со мной", "в каком", "помнишь", "того", "у нас")),
    ("бра", "ло", "кен", "ми", "тур", "дол", "сел", "га", "рин", "по", "вес", "ху"),
)  # fmt: skip

CHINESE = Play(
    "Chinese",
    (
        ("我哥哥把银钥匙藏在第三个蜂箱下面。", "你哥哥的银钥匙藏在哪里？", "蜂箱"),
        ("摆渡人的狗叫胡椒，只对主教叫。", "摆渡人的那只狗叫什么？", "胡椒"),
        ("我出生在牛油街，蜡烛铺的楼上。", "还记得我出生在哪条街吗？蜡烛铺楼上的。", "牛油"),
        ("走私贩地窖的暗号是鲱鱼月亮。", "走私贩的暗号是什么来着？", "鲱鱼"),
        ("我祖母在磨坊池塘里被梭子鱼咬掉了两根手指。", "我祖母的手指是怎么没的？", "梭子鱼"),
        ("布兰特船长打牌欠我四十盾。", "布兰特船长欠我多少盾？", "四十"),
        ("我们把星盘藏在教堂的管风琴后面。", "我们藏的星盘在哪里？", "管风琴"),
        ("面包师的女儿跟一个巴松管手私奔了。", "面包师的女儿跟谁私奔了？", "巴松"),
    ),
    (("我想", "也许", "那么", "可是", "你说"), ("什么", "哪里", "怎么", "谁", "多少"),
     ("是我的", "我们的", "你的那", "在哪", "还记得"), ("来着", "的人", "一个", "这条街", "那只手"),
     ("了吗", "没的", "多少次", "的时候", "上的")),
    tuple("风火山水云雨石木花草鸟马刀弓船桥城门灯书酒茶米布金铁玉雪霜雷"),
    "",
    "。",
)  # fmt: skip

JAPANESE = Play(
    "Japanese",
    (
        ("兄は銀の鍵を三番目の巣箱の下に隠している。", "お兄さんは銀の鍵をどこに隠したの？", "巣箱"),
        ("渡し守の犬はコショウという名で、司教にだけ吠える。", "渡し守の犬の名前は何だっけ？", "コショウ"),
        ("私は獣脂通りの蝋燭屋の二階で生まれた。", "私が生まれた蝋燭屋は何という通りだった？", "獣脂"),
        ("密輸人の地下室の合言葉は「鰊の月」だ。", "密輸人の合言葉は何だった？", "鰊"),
        ("祖母は水車池でカワカマスに指を二本取られた。", "祖母はどうやって指を失ったの？", "カワカマス"),
        ("ブラント船長は賭けで私に四十ギルダーの借りがある。", "ブラント船長の借りは何ギルダー？", "四十"),
        ("私たちは天測儀を礼拝堂のオルガンの後ろに隠した。", "隠した天測儀はどこ？", "オルガン"),
        ("パン屋の娘はファゴット吹きと駆け落ちした。", "パン屋の娘は誰と駆け落ちした？", "ファゴット"),
    ),
    (("私は", "たぶん", "では", "でも", "それで"), ("何だ", "どこに", "どうやって", "誰と", "名前は"),
     ("したの", "だった", "という", "お兄さんは", "私が"), ("通りで", "手を", "夜の", "人の", "戸は"),
     ("っけ", "ある", "だけ", "いる", "の後ろ")),
    tuple("風火山水雲雨石木花草鳥馬刀弓船橋城門灯書酒茶米布金鉄玉雪霜雷"),
    "",
    "。",
)  # fmt: skip

KOREAN = Play(
    "Korean",
    (
        ("형은 은열쇠를 세 번째 벌통 밑에 숨겨 둔다.", "네 형은 은열쇠를 어디에 숨겼지?", "벌통"),
        ("뱃사공의 개 이름은 후추고 주교만 보면 짖는다.", "뱃사공의 개 이름이 뭐였지?", "후추"),
        ("나는 기름골목 양초가게 위층에서 태어났다.", "내가 태어난 양초가게가 어느 골목이었지?", "기름골목"),
        ("밀수꾼 지하실의 암호는 청어달이다.", "밀수꾼들의 암호가 뭐였지?", "청어달"),
        ("할머니는 물방앗간 연못에서 강꼬치고기에게 손가락 둘을 잃었다.", "할머니는 손가락을 어떻게 잃었지?", "강꼬치고기"),
        ("브란트 선장은 카드놀이로 내게 사십 길더를 빚졌다.", "브란트 선장이 내게 몇 길더를 빚졌지?", "사십"),
        ("우리는 천문의를 예배당 오르간 뒤에 감췄다.", "우리가 감춘 천문의는 어디에 있지?", "오르간"),
        ("빵집 딸은 바순 연주자와 도망쳤다.", "빵집 딸은 누구와 도망쳤지?", "바순"),
    ),
    (("나는", "아마", "그럼", "그런데", "네 말은"), ("뭐였지", "어디에", "어떻게", "누구와", "어느"),
     ("있지", "우리가", "내게", "내가", "이름이"), ("손을", "밤에", "길에서", "사람은", "문은"),
     ("그래", "했다", "만 보면", "몇 번", "위에서")),
    ("바람", "불꽃", "산골", "물결", "구름", "돌담", "나무", "꽃잎", "새벽", "말굽", "칼날", "성문"),
)  # fmt: skip

PLAYS = (ENGLISH, GERMAN, SPANISH, RUSSIAN, CHINESE, JAPANESE, KOREAN)
