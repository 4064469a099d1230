"""
Issues of every kind in every theme, for the tests that look at the finished mail; texts of our own.

`THEMES` are the folders of `templates/` but the one they stand on, so a new theme is tested the day it is added. `made` builds one issue in one
theme and gives the compiler's HTML beside the finished one. Pictures are drawn by `picture`, none is read from a disk.
"""

import io
import re
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageDraw

from mailweekly.edition.compiler import compiled
from mailweekly.edition.design import read
from mailweekly.edition.inliner import MARK
from mailweekly.edition.model import Edition, ImageFile, Publication, Theme
from mailweekly.edition.render import render
from mailweekly.edition.styles import sheets
from mailweekly.edition.theme import load
from mailweekly.issue.damage import repair
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse

__all__ = ["NAMES", "PUBLICATION", "REAL", "THEMES", "Made", "issue", "made", "picture", "theme", "written"]

ROOT: Final = Path(__file__).parent.parent
TEMPLATES: Final = ROOT / "templates"
THEMES: Final = tuple(sorted(path.parent.name for path in TEMPLATES.glob("*/theme.toml") if path.parent.name != "base"))
PICTURES: Final = {"images/wide.png": (1088, 612), "images/small.png": (96, 96), "images/tall.png": (300, 900)}  # px
SAMPLE: Final = "001-small-tools-that-last.md"
DAMAGED: Final = "python-trending-weekly-78"
REAL: Final = (DAMAGED, "haskell-weekly-499", "keji-aihaozhe-390", "python-chaoliu-159", "this-week-in-rust-665")

CHINESE: Final = """---
number: 12
title: 慢一点，走得更远
date: 2026-03-08
lang: zh-Hans
preheader: 三个小工具，两篇长文，一个老协议
---

这一期谈**耐用的东西**：写得短、读得懂、十年后还能编译的程序。*强调*与 `inline code` 混排，也有 English words 夹在中间。

## 📖 文章 {#articles}

1、[一个文件里的数据库是怎样同时读写的](https://example.org/wal)（英文）

**“预写日志”**把修改先记在旁边，读者看旧页，写者写新页；检查点再把两者合上。文中每讲一个好处，就老实写出它的代价。

2、[为什么行高要比西文大一些：排版笔记与一个很长很长的标题用来看它怎样折行](https://example.org/line)

汉字是方的，行与行之间若没有空隙，眼睛会走错行。下面是一段代码：

```python
def 行高(字号: float) -> float:
    return 字号 * 1.7  # 中日韩文字
```

- 标点不出现在行首
- 中英文之间留一点空
- 引号成对

> 好的排版是看不见的。

## 🛠️ 项目 {#projects}

3、[一个只做一件事的命令行工具](https://github.com/example/one-thing)

管道的一头进，另一头出。(2.7K stars)

| 命令 | 用处 |
|---|---|
| `make demo` | 看它跑起来 |
| `make test` | 证明它没坏 |
"""

ARABIC: Final = """---
number: 5
title: أدوات صغيرة تعيش طويلا
date: 2026-04-02
lang: ar
preheader: قاعدة بيانات في ملف واحد، وأشياء أخرى لا تنكسر
---

أهلا {{ name | default("صديقنا") }}، هذا العدد عن **البرامج القصيرة** التي نقرؤها كلها، مثل SQLite وripgrep،
وعن الأمر `make test` الذي يثبت أنها تعمل.

::: note title="جرّب هذا الأسبوع"
احذف مكتبة واحدة لا تستعمل منها إلا دالة واحدة.
:::

## 📚 قراءات {#reading}

1. [SQLite: Write-Ahead Logging](https://example.org/wal)

    كيف يعمل القراء والكاتب معا في ملف واحد من غير خادم.

    - ميزة أولى
    - ميزة ثانية بالاسم `WAL`
        1. خطوة
        2. خطوة أخرى

2. [كيف نكتب رسالة يفهمها كل بريد](https://example.org/mail)

    > الرسالة الجيدة تُقرأ من غير صور.

    ```sh
    rg --type py 'TODO' src/ | wc -l
    ```

    ![رسم يبين الطريق من الملف إلى القارئ](images/wide.png "الطريق من الملف إلى القارئ")

## 🛠️ مشاريع {#projects}

3. [ripgrep](https://github.com/example/ripgrep)

    بحث سريع في الملفات. (54K stars)

| أمر | عمل |
|---|---|
| `make demo` | يريك كيف يعمل |

::: button url=https://example.org/go
ابدأ من هنا
:::
"""

BARE: Final = "# One Small Thing\n\nThere is only this paragraph today, and one [link](https://example.org/only).\n"

EVERYTHING: Final = """---
number: 40
title: Every Kind of Thing, and a Headline Long Enough to Take Two Lines on Any Phone
date: 2026-05-17
lang: en
author: The Editors
preheader: One of each, side by side
sections:
  rows: {layout: compact}
---

An opening with **bold**, *italics*, ***both***, ~~struck~~, `code`, H<sub>2</sub>, x<sup>2</sup>, <kbd>Ctrl</kbd>, <mark>marked</mark>,
<small>small print</small>, <u>underlined</u>, a [link](https://example.org/intro "with a title"), a bare https://example.org/bare/address/that/goes/on/and/on/and/on/until/it/has/to/break/somewhere?and=more
and a line break<br>here. Averyveryverylongwordwithoutanyplacetobreakitthatmustnotpushthepageapartonaphone0123456789.

::: toc
:::

::: note title="Mind the gap"
A note with a [link](https://example.org/note), `code`, and a list:

- one
- two

> and a quote
:::

## 📚 Reading {#reading}

1、[The first entry leads the issue](https://example.org/lead){.lead by="Example House" time=9m}

Its blurb has a footnote.[^1] And a second paragraph follows below a picture.

![A chart of four bars](images/wide.png "Four bars, rising")

The second paragraph.

[^1]: The note, with a [link](https://example.org/footnote) and `code`.

2、[An entry with each block](https://example.org/blocks) by Example House

A paragraph.

- a list
    - inside a list
        1. numbered
        2. twice
- with **bold**

3. counted from three
4. to four

> A quote of two paragraphs.
>
> With `code` in it.

```python
def quote(text: str, *, width: int = 72) -> list[str]:
    \"\"\"Break a text into lines, a very long line of documentation that has to wrap on every phone there is.\"\"\"
    return [line for line in textwrap.wrap(text, width=width) if line]  # 2 < 3 & 3 > 2
```

| left | middle | right |
|:---|:---:|---:|
| `a` | **b** | 1 |
| a longer cell of words | x | 1,234.56 |

![](images/small.png){.decorative width=96}

A small ![icon](images/small.png){width=20} among words.

[![A tall picture that is a link](images/tall.png){width=300}](https://example.org/tall)

5、**An entry without a link**

It says so by itself.

### A heading between

Prose under a third-level heading.

#### One deeper

##### And deeper still

Prose again.

| name | maker | language | licence | first | since | stars |
|---|---|---|---|---|---|---|
| one thing | Example House | C and a little assembly | MIT | 1976 | long ago | 12,345 |
| another thing | Example House | Rust | Apache-2.0 | 2016 | lately | 54,321 |

---

## 🧰 Rows {#rows}

6、[A row](https://github.com/example/row)

One line about it. (1.2K stars)

7、[A pick among rows](https://github.com/example/pick){.pick}

A full card in a compact section. (34K stars)

8、[Another row with a title that is so long that it must take two lines](https://gitlab.com/example/another)

One line more.

## 🔗 Links {#links}

- [A link](https://example.org/l1)
- [Another link](https://example.org/l2) by Example House
- [A third one](https://example.org/l3)

## Things in boxes

::: sponsor name="Example House" url="https://example.org/sponsor"
A word from those who pay, with a [link](https://example.org/pay).
:::

::: quote by="The manual" url="https://example.org/manual"
Read me first.
:::

::: figure caption="A figure with a caption"
![A chart of four bars, again](images/wide.png)
:::

::: button url=https://example.org/button
Press here
:::

::: poll question="Did this help?"
- [Yes](https://example.org/yes)
- [No](https://example.org/no)
- [A little, on Tuesdays](https://example.org/little)
:::

::: columns
The left column has words.

![icon](images/small.png){width=96}

---

The right column has more words than the left one, so that they differ.
:::

::: only segment=paid
Only for some.
:::

::: unless segment=paid
For all the others.
:::

::: previous
:::

<details><summary>More</summary><p>Hidden until asked for.</p></details>

<table><tr><th>own</th><th>table</th></tr><tr><td>one</td><td>two</td></tr></table>

::: outro
That was everything. Write back.
:::
"""


def _sixty() -> str:
    head = "---\nnumber: 60\ntitle: Sixty links and not one less\nlang: en\n---\n\nAn issue as long as they come.\n"
    parts = [head]
    for at in range(60):
        if at % 20 == 0:
            parts.append(f"## 🔢 Part {at // 20 + 1}\n")
        parts.append(f"{at + 1}、[Entry {at + 1}: what it is about](https://example.org/{at + 1})\n")
        parts.append(f"A sentence on entry {at + 1}, then a second one, which is a little longer than the first.\n")
    return "\n".join(parts)


SOURCES: Final = {
    "sample": (ROOT / "issues" / SAMPLE).read_text("utf-8"),
    "chinese": CHINESE,
    "arabic": ARABIC,
    "sixty": _sixty(),
    "bare": BARE,
    "everything": EVERYTHING,
}
NAMES: Final = tuple(SOURCES)
PUBLICATION: Final = Publication(
    name="Example Weekly",
    sender_name="The Editors",
    postal_address="1 Sample Street\n12345 Exampleton",
    base_url="https://weekly.example.org",
    previous_url="https://weekly.example.org/39",
    previous_title="The one before",
    images={
        name: ImageFile(width=width, height=height, size_bytes=1000, kind="png", sha256="0" * 64)
        for name, (width, height) in PICTURES.items()
    },
)
VALUES: Final = {
    "name": "Ada",
    "email": "reader@example.org",
    "list_name": "readers",
    "web_url": "https://weekly.example.org/w/1",
    "unsubscribe_url": "https://weekly.example.org/u/1",
    "preferences_url": "https://weekly.example.org/p/1",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """One issue in one theme. Both documents have a reader's values in place of the slots."""

    edition: Edition
    raw: str  # the compiler's HTML, the author's sheet in a <style> of its own
    css: str  # the author's sheet
    html: str  # what goes out

    def filled(self, html: str) -> str:
        """Return a document of this edition with the reader's values in place of the slots."""
        return _filled(html, self.edition)


def written(*names: str) -> list[Any]:
    """Return the issues as test parameters: our own, and the real ones marked as such."""
    return [pytest.param(one, marks=pytest.mark.real_input) if one in REAL else one for one in names or NAMES + REAL]


@lru_cache(maxsize=64)
def theme(name: str) -> Theme:
    """Return a theme that ships, as its files are now."""
    folders = {
        folder.name: {
            str(file.relative_to(folder)): file.read_text("utf-8") for file in folder.rglob("*.*") if file.is_file()
        }
        for folder in TEMPLATES.iterdir()
        if folder.is_dir()
    }
    return load(name, folders)


def issue(name: str, real_input: Path | None = None) -> Issue:
    """Return an issue by name; a real one needs the folder they lie in."""
    if name in SOURCES:
        return parse(SOURCES[name], source=f"issues/{name}.md")
    assert real_input is not None
    folder = real_input if name == DAMAGED else real_input / "other-newsletters"
    text = (folder / f"{name}.md").read_text("utf-8")
    mended = repair(text)
    return parse(mended.text if mended else text, source=f"issues/{name}.md")


@lru_cache(maxsize=64)
def made(theme_name: str, name: str, real_input: Path | None = None) -> Made:
    """Return an issue in a theme, before and after inlining."""
    own = theme(theme_name)
    edition = render(issue(name, real_input), own, PUBLICATION)
    css = sheets(own, read(own, {}), lang=edition.lang, direction=edition.dir).inlined
    raw = compiled(edition.mjml, lambda _: "")
    sheet = f'<style title="{MARK}" type="text/css">{css}</style></head>'
    return Made(
        edition=edition,
        raw=_filled(raw.replace("</head>", sheet, 1), edition),
        css=css,
        html=_filled(edition.html, edition),
    )


@lru_cache(maxsize=16)
def picture(address: str) -> bytes:
    """Return the PNG of a picture by its address: bars on a plate, of the size the publication says it has."""
    width, height = next((size for name, size in PICTURES.items() if address.endswith(name)), (600, 300))
    image = Image.new("RGB", (width, height), "#C9D6E4")
    draw = ImageDraw.Draw(image)
    for at in range(4):
        left = width * (2 * at + 1) // 9
        draw.rectangle([left, height - height * (at + 1) // 5, left + width // 9, height], fill="#0B4F48")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _filled(html: str, edition: Edition) -> str:
    return re.sub(rf"MW{edition.nonce}x(\d+)Z", partial(_value, edition), html)


def _value(edition: Edition, found: re.Match[str]) -> str:
    slot = edition.slots[int(found[1])]
    return VALUES.get(slot.name, slot.default or "value")
