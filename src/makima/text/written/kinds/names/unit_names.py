"""What units are called that neither the grammar of a language nor its own rules know.

Forms are parted by `|`: one, many; in Russian one, two to four, five and more. A form that begins with `f:` is feminine.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _table(lines: str) -> dict[str, str]:
    return dict(line.strip().split(" = ", 1) for line in lines.strip().splitlines())


NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "English": _table("""
            mpg = mile per gallon|miles per gallon
            ppm = part per million|parts per million
            nm = nanometer|nanometers
            V = volt|volts
            kV = kilovolt|kilovolts
            W = watt|watts
            A = amp|amps
            mA = milliamp|milliamps
            mAh = milliamp hour|milliamp hours
            kWh = kilowatt hour|kilowatt hours
            MWh = megawatt hour|megawatt hours
            dB = decibel|decibels
            kPa = kilopascal|kilopascals
            psi = pound per square inch|pounds per square inch
            rpm = revolution per minute|revolutions per minute
            bpm = beat per minute|beats per minute
            fps = frame per second|frames per second
            kph = kilometer per hour|kilometers per hour
            m/s = meter per second|meters per second
            m/s² = meter per second squared|meters per second squared
            ft² = square foot|square feet
            in² = square inch|square inches
            mm = millimeter|millimeters
            mL = milliliter|milliliters
            L = liter|liters
            dL = deciliter|deciliters
            gal = gallon|gallons
            qt = quart|quarts
            fl oz = fluid ounce|fluid ounces
            tbsp = tablespoon|tablespoons
            tsp = teaspoon|teaspoons
            ha = hectare|hectares
            µm = micrometer|micrometers
            μm = micrometer|micrometers
            µg = microgram|micrograms
            mins = minute|minutes
            hrs = hour|hours
            secs = second|seconds
            yrs = year|years
            wks = week|weeks
            mos = month|months
            kcal = kilocalorie|kilocalories
            mmHg = millimeter of mercury|millimeters of mercury
        """),
        "German": _table("""
            km/l = Kilometer pro Liter|Kilometer pro Liter
            ppm = ppm|ppm
            mmHg = Millimeter Quecksilbersäule|Millimeter Quecksilbersäule
            V = Volt|Volt
            kV = Kilovolt|Kilovolt
            W = Watt|Watt
            kW = Kilowatt|Kilowatt
            MW = Megawatt|Megawatt
            A = Ampere|Ampere
            mAh = f:Milliamperestunde|Milliamperestunden
            kWh = f:Kilowattstunde|Kilowattstunden
            Wh = f:Wattstunde|Wattstunden
            Hz = Hertz|Hertz
            kHz = Kilohertz|Kilohertz
            dB = Dezibel|Dezibel
            qm = Quadratmeter|Quadratmeter
            m² = Quadratmeter|Quadratmeter
            km² = Quadratkilometer|Quadratkilometer
            m³ = Kubikmeter|Kubikmeter
            L = Liter|Liter
            mL = Milliliter|Milliliter
            kPa = Kilopascal|Kilopascal
            t = f:Tonne|Tonnen
            kB = Kilobyte|Kilobyte
            MB/s = Megabyte pro Sekunde|Megabyte pro Sekunde
            GB/s = Gigabyte pro Sekunde|Gigabyte pro Sekunde
            Mbit/s = Megabit pro Sekunde|Megabit pro Sekunde
            Gbit/s = Gigabit pro Sekunde|Gigabit pro Sekunde
            Mbps = Megabit pro Sekunde|Megabit pro Sekunde
            m/s² = Meter pro Quadratsekunde|Meter pro Quadratsekunde
            kcal = f:Kilokalorie|Kilokalorien
            mAh = f:Milliamperestunde|Milliamperestunden
            fps = Bild pro Sekunde|Bilder pro Sekunde
            µm = Mikrometer|Mikrometer
            ct = Cent|Cent
            ° = Grad|Grad
        """),
        "French": _table("""
            ch = cheval|chevaux
            km/l = kilomètre par litre|kilomètres par litre
            km/L = kilomètre par litre|kilomètres par litre
            ppm = partie par million|parties par million
            A = ampère|ampères
            mA = milliampère|milliampères
            dB = décibel|décibels
            Mbit/s = mégabit par seconde|mégabits par seconde
            Gbit/s = gigabit par seconde|gigabits par seconde
            Mbps = mégabit par seconde|mégabits par seconde
            kcal = f:kilocalorie|kilocalories
            mAh = milliampère-heure|milliampères-heures
            hPa = hectopascal|hectopascals
            m/s² = mètre par seconde carrée|mètres par seconde carrée
        """),
        "Spanish": _table("""
            CV = caballo|caballos
            km/l = kilómetro por litro|kilómetros por litro
            km/L = kilómetro por litro|kilómetros por litro
            ppm = f:parte por millón|partes por millón
            V = voltio|voltios
            W = vatio|vatios
            kW = kilovatio|kilovatios
            A = amperio|amperios
            kWh = kilovatio hora|kilovatios hora
            MW = megavatio|megavatios
            mAh = miliamperio hora|miliamperios hora
            t = f:tonelada|toneladas
            ha = f:hectárea|hectáreas
            Hz = hercio|hercios
            kHz = kilohercio|kilohercios
            MHz = megahercio|megahercios
            GHz = gigahercio|gigahercios
            dB = decibelio|decibelios
            MB/s = megabyte por segundo|megabytes por segundo
            GB/s = gigabyte por segundo|gigabytes por segundo
            Mbps = megabit por segundo|megabits por segundo
            Gbps = gigabit por segundo|gigabits por segundo
            kcal = f:kilocaloría|kilocalorías
            m/s² = metro por segundo al cuadrado|metros por segundo al cuadrado
            µm = micrómetro|micrómetros
        """),
        "Italian": _table("""
            CV = cavallo|cavalli
            km/l = chilometro al litro|chilometri al litro
            km/L = chilometro al litro|chilometri al litro
            ppm = f:parte per milione|parti per milione
            V = volt|volt
            W = watt|watt
            kW = chilowatt|chilowatt
            A = ampere|ampere
            kWh = chilowattora|chilowattora
            MW = megawatt|megawatt
            mAh = milliampere ora|milliampere ora
            t = f:tonnellata|tonnellate
            ha = ettaro|ettari
            mq = metro quadrato|metri quadrati
            km² = chilometro quadrato|chilometri quadrati
            m³ = metro cubo|metri cubi
            Hz = hertz|hertz
            kHz = chilohertz|chilohertz
            MHz = megahertz|megahertz
            GHz = gigahertz|gigahertz
            dB = decibel|decibel
            MB/s = megabyte al secondo|megabyte al secondo
            GB/s = gigabyte al secondo|gigabyte al secondo
            Mbps = megabit al secondo|megabit al secondo
            Gbps = gigabit al secondo|gigabit al secondo
            min = minuto|minuti
            kcal = f:chilocaloria|chilocalorie
            °F = grado Fahrenheit|gradi Fahrenheit
            m/s² = metro al secondo quadrato|metri al secondo quadrato
        """),
        "Portuguese": _table("""
            cv = cavalo|cavalos
            km/l = quilômetro por litro|quilômetros por litro
            km/L = quilômetro por litro|quilômetros por litro
            m² = metro quadrado|metros quadrados
            km² = quilômetro quadrado|quilômetros quadrados
            m³ = metro cúbico|metros cúbicos
            Hz = hertz|hertz
            kHz = quilohertz|quilohertz
            MHz = megahertz|megahertz
            GHz = gigahertz|gigahertz
            W = watt|watts
            kW = quilowatt|quilowatts
            V = volt|volts
            L = litro|litros
            m = metro|metros
            km = quilômetro|quilômetros
            min = minuto|minutos
            ppm = f:parte por milhão|partes por milhão
            cm = centímetro|centímetros
            mm = milímetro|milímetros
            ml = mililitro|mililitros
            g = grama|gramas
            kg = quilo|quilos
            A = ampère|ampères
            mAh = miliampère-hora|miliampères-hora
            t = f:tonelada|toneladas
            dB = decibel|decibéis
            MB/s = megabyte por segundo|megabytes por segundo
            GB/s = gigabyte por segundo|gigabytes por segundo
            Mbps = megabit por segundo|megabits por segundo
            Gbps = gigabit por segundo|gigabits por segundo
            kWh = quilowatt-hora|quilowatts-hora
            kcal = f:quilocaloria|quilocalorias
            °F = grau Fahrenheit|graus Fahrenheit
            m/s² = metro por segundo ao quadrado|metros por segundo ao quadrado
        """),
        "Russian": _table("""
            л. с. = f:лошадиная сила|лошадиные силы|лошадиных сил
            л.с. = f:лошадиная сила|лошадиные силы|лошадиных сил
            мАч = миллиампер-час|миллиампер-часа|миллиампер-часов
            ГВт = гигаватт|гигаватта|гигаватт
            мкм = микрометр|микрометра|микрометров
            мкг = микрограмм|микрограмма|микрограммов
            кВт·ч = киловатт-час|киловатт-часа|киловатт-часов
            кВтч = киловатт-час|киловатт-часа|киловатт-часов
            В = вольт|вольта|вольт
            Вт = ватт|ватта|ватт
            МВт = мегаватт|мегаватта|мегаватт
            А = ампер|ампера|ампер
            мА·ч = миллиампер-час|миллиампер-часа|миллиампер-часов
            дБ = децибел|децибела|децибел
            кГц = килогерц|килогерца|килогерц
            Мбит/с = мегабит в секунду|мегабита в секунду|мегабит в секунду
            Гбит/с = гигабит в секунду|гигабита в секунду|гигабит в секунду
            кПа = килопаскаль|килопаскаля|килопаскалей
            ккал = f:килокалория|килокалории|килокалорий
            об/мин = оборот в минуту|оборота в минуту|оборотов в минуту
            м/с² = метр на секунду в квадрате|метра на секунду в квадрате|метров на секунду в квадрате
            км² = квадратный километр|квадратных километра|квадратных километров
            см² = квадратный сантиметр|квадратных сантиметра|квадратных сантиметров
            дм = дециметр|дециметра|дециметров
        """),
        "Chinese": _table("""
            km/L = 公里每升
            ppm = ppm
            kPa = 千帕
            dB = 分贝
            mAh = 毫安时
            rpm = 转每分钟
            A = 安
            kPa = 千帕
            Mbps = 兆比特每秒
            Gbps = 吉比特每秒
            fps = 帧每秒
            kV = 千伏
            mA = 毫安
            m/s² = 米每二次方秒
            μm = 微米
            µm = 微米
            kcal = 千卡
            ha = 公顷
            mph = 英里每小时
        """),
        "Japanese": _table("""
            km/L = キロメートル毎リットル
            km/l = キロメートル毎リットル
            cc = シーシー
            dB = デシベル
            mAh = ミリアンペア時
            A = アンペア
            Mbps = メガビット毎秒
            Gbps = ギガビット毎秒
            fps = フレーム毎秒
            s = 秒
            h = 時間
            hPa = ヘクトパスカル
            kcal = キロカロリー
            m/s² = メートル毎秒毎秒
            ha = ヘクタール
            mph = マイル毎時
        """),
        "Korean": _table("""
            km/L = 킬로미터 퍼 리터
            km/l = 킬로미터 퍼 리터
            cc = 시시
            dB = 데시벨
            mAh = 밀리암페어시
            A = 암페어
            V = 볼트
            W = 와트
            kW = 킬로와트
            min = 분
            h = 시간
            s = 초
            Mbps = 메가비피에스
            Gbps = 기가비피에스
            fps = 프레임
            kcal = 킬로칼로리
            hPa = 헥토파스칼
            m³ = 세제곱미터
            m/s² = 미터 퍼 초 제곱
            ha = 헥타르
            km² = 제곱킬로미터
            ㎡ = 제곱미터
            mph = 마일 퍼 아워
        """),
    }
)
