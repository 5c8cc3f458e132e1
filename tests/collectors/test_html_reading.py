"""Which page asks for a login and nothing else, and that no markup takes long."""

from __future__ import annotations

import random
import time

import pytest

from collectors.html_reading import read
from collectors.html_tokens import Comment, End, Start, Text, tokens

FORM = "<form action=/go><input name=u><input type=password><input type=submit value='{}'></form>"
LOGIN = FORM.format("Log in")


@pytest.mark.parametrize(
    "page",
    [
        LOGIN,
        "<title>Login</title>" + FORM.format("OK"),
        "<TITLE>x</TITLE><FORM ACTION=/Login><INPUT TYPE=PASSWORD></FORM>",
        "<form><input type='password'><button><b>Anmelden</b></button></form>",
        "<form class=login><input type=password><select name=lang></select></form>",
        "<p>Authorised use only. Since 2004, V1.2</p>" + LOGIN,
        "<div><title>Sign in</title><input type=password></div>",
        LOGIN + "<script>document.write('<form>')</script>",
        "<form><input type=password><button>登录</button></form>",
    ],
)
def test_a_login_page(page):
    assert read(page).asks is True


@pytest.mark.parametrize(
    "page",
    [
        # A key of a wireless network, a new password, an account: settings shown to anybody.
        FORM.format("Apply"),
        FORM.format("Login and save"),
        "<form id=login><input type=password><input type=password></form>",
        "<form id=login><input type=password autocomplete=new-password></form>",
        "<form id=login><input><input><input><input type=password></form>",
        "<form id=login><textarea></textarea><input><input><input type=password></form>",
        LOGIN + "<form><input name=setpoint><input name=limit></form>",
        LOGIN + "<iframe src=status.html></iframe>",
        LOGIN + LOGIN,
        # Values beside the form.
        LOGIN + "<td>".join(f"{n}.5" for n in range(9)),
        LOGIN + "word " * 301,
        # Nobody sees a word, or scripts may say more.
        "",
        "<script>location='/login'</script>",
        "<frameset><frame src=/login></frameset>",
        "<div id=root></div><script src=a.js></script><noscript>Switch scripts on</noscript>",
    ],
)
def test_nobody_can_say(page):
    assert read(page).asks is None


@pytest.mark.parametrize(
    "page",
    [
        "<p>Level 3.5 m</p>",
        "<!-- " + LOGIN + " --><p>Level</p>",
        "<script>'"
        + LOGIN
        + "'</script><p>Level 3.5 m, pump 1 on, pump 2 off, valve shut, door</p>",
        "<textarea>" + LOGIN + "</textarea><p>Level</p>",
        "<div style='display : none'>" + LOGIN + "</div><p>Level</p>",
        "<div hidden>" + LOGIN + "</div><p>Level</p>",
        "<template>" + LOGIN + "</template><p>Level</p>",
        "<input type=password",
        "Level <input type=password",
    ],
)
def test_no_login_is_asked_for(page):
    assert read(page).asks in ((False,) if "Level" in page else (False, None))


def test_what_shows():
    page = read(
        "<title>A &amp; B</title><style>p{}</style><h1>One</h1><p>t<b>w</b>o&nbsp;3</p><!--x-->"
        "<span hidden>no</span><p style='visibility:hidden'>no</p><noscript>no</noscript>4"
    )

    assert (page.title, page.text, page.comments) == ("A & B", "One two 3 4", "x")


@pytest.mark.parametrize(
    ("content", "to"),
    [("0;url=/login", "/login"), ("5; URL='/a b'", "/a"), ("0;/x", "/x"), ("300", ""), ("", "")],
)
def test_where_a_page_goes_by_itself(content, to):
    assert read(f'<meta http-equiv="Refresh" content="{content}">').goes_to == to


def test_tokens_as_a_browser_cuts_them():
    assert list(tokens("a<B c=1 C=2 d='>' e>&lt;</b x>< 2<!--->-->")) == [
        Text("a"),
        Start("b", {"c": "1", "d": ">", "e": ""}),
        Text("<"),
        End("b"),
        Text("< 2"),
        Comment(""),
        Text("-->"),
    ]
    assert list(tokens("<script>a</scripty></SCRIPT >b")) == [
        Start("script"),
        Text("a</scripty>"),
        End("script"),
        End("script"),
        Text("b"),
    ]


PIECES = ("<", "<!--", "-->", "<a ", "</", "<![", "<?", "&#9", "&amp", "<a b='", '"', "'", "=",
          ">", "<script>", "</script", "<form ", "<input type=password>", "<div hidden>", "</div>",
          "<meta http-equiv=refresh content='0; ", "/", " ", "\0", "\ud800", "é", "x", "<b></c>",
          "<title>", "<textarea>", "<p style='display", "Traceback", "at ", "Warning: ")  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_no_piece_repeated_takes_long(piece):
    whole = (piece * 65_536)[:65_536]
    for markup in (whole, "<p>" + whole, "<a b=" + whole, "<form><button>" + whole):
        began = time.process_time()
        read(markup)
        assert time.process_time() - began < 0.5


def test_no_mixture_raises():
    chosen = random.Random(7)
    for _ in range(3_000):
        read("".join(chosen.choices(PIECES, k=chosen.randrange(40))))


def test_a_long_number_is_left_alone():
    assert read("<p>&#" + "9" * 60_000 + ";").text.startswith("&#9")
