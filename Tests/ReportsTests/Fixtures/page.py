"""Looks at a page as a person would: `page.py path|hostile|accessible|large FILE`. With ASSAY_PICTURES=FOLDER it leaves
pictures of what it saw there."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser  # noqa: E402

what, path = sys.argv[1:]
url = "file://" + os.path.abspath(path)
pictures = os.environ.get("ASSAY_PICTURES")


def seen(page, name, whole=True):
    if pictures:
        os.makedirs(pictures, exist_ok=True)
        page.picture(os.path.join(pictures, f"{what}-{name}.png"), whole)


def quiet(page):
    assert page.problems == [], page.problems
    assert page.requests == [url], f"requests left the page: {page.requests}"


def text(page, selector):
    return page.run(f"document.querySelector({selector!r}).textContent")


def choose(page, name, value):
    page.run(f"(()=>{{const e=document.getElementById({name!r});e.value={value!r};e.dispatchEvent(new Event('input'))}})()")


def rows(page):
    return page.run("[...document.querySelectorAll('#rows tr:not(.gap)')].map(r=>[...r.cells].map(c=>c.textContent))")


def click_path(page):
    page.look()
    page.open(url)
    assert text(page, "#count") == "60 of 60 cases", text(page, "#count")
    assert "fail" in text(page, "header h1")
    seen(page, "matrix")
    choose(page, "show", "bad")
    assert text(page, "#count") == "9 of 60 cases", text(page, "#count")
    assert rows(page)[0] == ["case 3", "2", "✗ 0/2", "✓ 2/2"], rows(page)[0]
    # Open the failure with the mouse: its neighbour of the other target stands beside it.
    page.click("#rows tr:not(.gap) td.fail button")
    assert page.run("document.getElementById('dialog').open")
    assert text(page, "#title") == "case 3"
    assert "no goats in it" in text(page, "#sides")
    marked = page.run("[[...document.querySelectorAll('#sides del')].map(e=>e.textContent),[...document.querySelectorAll('#sides ins')].map(e=>e.textContent)]")
    assert marked == [["two"], ["three"]], marked
    assert page.run("document.querySelectorAll('.fall svg rect').length") >= 6
    seen(page, "beside", whole=False)
    # The whole reply is there, on both sides, diff or not.
    assert page.run("[...document.querySelectorAll('#sides pre')].map(e=>e.textContent)") == [
        "The answer of case 3 is forty two sheep.", "The answer of case 3 is forty three sheep."]
    page.key("ArrowRight")
    assert text(page, "#title") == "case 10", text(page, "#title")
    page.key("ArrowLeft")
    assert text(page, "#title") == "case 3"
    page.run("document.getElementById('right').value='-1';document.getElementById('right').onchange({target:document.getElementById('right')})")
    assert page.run("document.querySelectorAll('#sides section').length") == 1
    page.key("Escape")
    assert not page.run("document.getElementById('dialog').open")
    # By keyboard alone: to the list, down, open, close.
    choose(page, "show", "")
    page.run("document.querySelector('#rows button').focus()")
    for _ in range(45):
        page.key("ArrowDown")
    assert page.run("document.activeElement.textContent") == "case 45", page.run("document.activeElement.textContent")
    page.key("Enter")
    assert text(page, "#title") == "case 45"
    page.key("Escape")
    # Trials, sorted by latency from the longest, then searched.
    page.click("#trials")
    assert text(page, "#count") == "240 of 240 trials"
    page.run("[...document.querySelectorAll('#head button')].find(b=>b.textContent==='latency').click()")
    page.run("[...document.querySelectorAll('#head button')].find(b=>b.textContent==='latency').click()")
    assert page.run("document.querySelector('#head th[aria-sort]').getAttribute('aria-sort')") == "descending"
    assert rows(page)[0][1] == "case 59", rows(page)[0]
    page.run("document.getElementById('q').focus()")
    page.type("case 17 is forty three")
    assert text(page, "#count") == "2 of 240 trials", text(page, "#count")
    choose(page, "outcome", "1")
    assert text(page, "#count") == "0 of 240 trials"
    choose(page, "q", "")
    assert text(page, "#count") == "18 of 240 trials"
    choose(page, "outcome", "")
    choose(page, "variant", "1")
    assert text(page, "#count") == "120 of 240 trials"
    seen(page, "trials")
    # A link to one trial opens it.
    trial = page.run("T[100][ID]")
    page.open("about:blank")
    page.requests.clear()
    page.open(f"{url}#trial-{trial}")
    assert page.run("document.getElementById('dialog').open")
    page.requests[:] = [one.split("#")[0] for one in page.requests]
    quiet(page)
    # What the words say must be what was said, whatever is compared.
    for a, b in (("", "x"), ("a b c", "a b c"), ("a b c d", "c d a b"), ("one\n two", "one two\n\n"), ("ä" * 5000, "ß " * 5000)):
        got = page.run(f"(()=>{{const[x,y]=diff({a!r},{b!r});return[x.textContent,y.textContent,x.querySelectorAll('ins').length,[...x.childNodes].filter(n=>n.nodeType===3).map(n=>n.data).join('')===[...y.childNodes].filter(n=>n.nodeType===3).map(n=>n.data).join('')]}})()")
        assert got == [a, b, 0, True], (a[:20], b[:20], [str(g)[:60] for g in got])


def hostile(page):
    page.look()
    page.open(url)
    count = page.run("T.length")
    page.click("#trials")
    for i in range(count):
        page.run(f"open({i})")
        assert page.run("document.querySelectorAll('#dialog a,#dialog img,#dialog script,#dialog iframe').length") == 0
    page.run("document.getElementById('dialog').close()")
    assert page.run("window.pwned") is None, "a script of a model ran"
    assert page.run("document.querySelectorAll('a,img,iframe,object,link').length") == 0
    assert page.run("document.querySelectorAll('script').length") == 2 + page.run("parts.length")
    shown = page.run("T.map((t,i)=>detail(i).x).find(x=>x&&x.includes('window.pwned'))")
    assert shown.startswith("</script><script>"), shown
    # A script that got in would not be run: the page's policy names ours alone.
    page.run("(()=>{const s=document.createElement('script');s.textContent='window.pwned=2';document.body.append(s)})()")
    assert page.run("window.pwned") is None
    assert any("Content Security Policy" in problem for problem in page.problems), page.problems
    page.problems.clear()
    quiet(page)


CONTRAST = """
(()=>{
const parse=c=>{const m=c.match(/[\\d.]+/g).map(Number);return m.length>3?m:[...m,1]};
const light=([r,g,b])=>{const f=x=>{x/=255;return x<=.03928?x/12.92:((x+.055)/1.055)**2.4};return .2126*f(r)+.7152*f(g)+.0722*f(b)};
const over=(a,b)=>[0,1,2].map(i=>a[i]*a[3]+b[i]*(1-a[3]));
const ground=e=>{const list=[];for(let x=e;x;x=x.parentElement)list.push(parse(getComputedStyle(x).backgroundColor));let c=parse(getComputedStyle(document.body).backgroundColor);for(const l of list.reverse())c=over(l,c);return c};
const bad=[];
const walk=document.createTreeWalker(document.body,NodeFilter.SHOW_TEXT);
while(walk.nextNode()){const e=walk.currentNode.parentElement;if(!walk.currentNode.data.trim()||e.closest('script,style,title,noscript')||!e.getClientRects().length)continue;
const s=getComputedStyle(e),c=parse(e.closest('svg')?s.fill:s.color),g=ground(e),a=light(over(c,g)),b=light(g),r=(Math.max(a,b)+.05)/(Math.min(a,b)+.05);
if(r<4.5)bad.push(r.toFixed(2)+' '+walk.currentNode.data.trim().slice(0,30))}
return bad})()
"""

NAMES = """
(()=>{const bad=[];
const name=e=>(e.getAttribute('aria-label')||(e.getAttribute('aria-labelledby')||'').split(' ').map(i=>document.getElementById(i)?.textContent).join('')||[...(e.labels||[])].map(l=>l.textContent).join('')||(e.matches('button,th')?e.textContent:'')||'').trim();
for(const e of document.querySelectorAll('button,input,select,dialog,form,[role=img],[role=region],table#table'))if(e.tagName==='DIALOG'&&!e.open)continue;else if(!name(e))bad.push(e.outerHTML.slice(0,80));
const ids=[...document.querySelectorAll('[id]')].map(e=>e.id);for(const i of ids)if(ids.indexOf(i)!==ids.lastIndexOf(i))bad.push('twice: '+i);
let level=1;for(const h of document.querySelectorAll('main h2,main h3')){const n=+h.tagName[1];if(n>level+1)bad.push('heading skips: '+h.textContent);level=n}
if(document.querySelectorAll('h1').length!==1)bad.push('h1');if(document.documentElement.lang!=='en')bad.push('lang');
for(const t of document.querySelectorAll('main table'))for(const h of t.querySelectorAll('th'))if(!h.scope)bad.push('scope: '+h.outerHTML.slice(0,60));
return bad})()
"""


def accessible(page):
    for scheme in ("light", "dark"):
        for width in (1280, 420):
            page.look(scheme, width=width)
            page.open(url)
            assert page.run(CONTRAST) == [], (scheme, page.run(CONTRAST))
            assert page.run(NAMES) == [], page.run(NAMES)
            assert page.run("document.documentElement.scrollWidth<=innerWidth"), f"wider than {width}"
            seen(page, f"{scheme}-{width}")
            page.run("document.querySelector('#rows td button').click()")
            assert page.run(CONTRAST) == [], (scheme, "dialog", page.run(CONTRAST))
            assert page.run(NAMES) == [], page.run(NAMES)
            assert page.run("document.activeElement.closest('dialog')!==null"), "focus is not in the window"
            seen(page, f"{scheme}-{width}-dialog", whole=False)
            page.key("Escape")
    page.look("dark", medium="print")
    page.open(url)
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("getComputedStyle(document.querySelector('form')).display") == "none"
    assert page.run("document.getElementById('box').scrollHeight<=document.getElementById('box').clientHeight+1")
    assert len(rows(page)) == 12
    seen(page, "print")
    page.requests[:] = page.requests[:1]
    quiet(page)


def large(page):
    page.look()
    opened = page.open(url)
    # The yardstick: what the browser needs to read the same data, in the same minute.
    yard = page.run("(()=>{const s=performance.now();for(const e of document.querySelectorAll('script[type=\"application/json\"]'))JSON.parse(e.textContent);return(performance.now()-s)/1000})()")
    assert text(page, "#count") == "25000 of 25000 cases"
    assert page.run("document.querySelectorAll('#rows tr').length") < 100, "all rows are in the document"

    def timed(script):
        return page.run(f"(()=>{{const s=performance.now();{script};document.body.offsetHeight;return(performance.now()-s)/1000}})()")

    spent = {
        "open": opened,
        "outcome": timed("$('outcome').value='1';update()"),
        "trials": timed("$('outcome').value='';$('trials').click()"),
        "sort": timed("[...document.querySelectorAll('#head button')].find(b=>b.textContent==='latency').click()"),
        "first search": timed("$('q').value='question 24999 is';update()"),
        "search": timed("$('q').value='is 919,';update()"),
        "scroll": timed("$('q').value='';update();box.scrollTop=20000*ROW;paint()"),
    }
    assert page.run("rows.length") == 50_000
    print(f"reading the data {yard:.3f} s; " + ", ".join(f"{k} {v:.3f} s" for k, v in spent.items()))
    for name, seconds in spent.items():
        # A second where reading takes 0.15 s, as it does on two idle cores; more where all is slower.
        assert seconds < max(1, yard / 0.15), f"{name} took {seconds:.2f} s"
    quiet(page)


with Browser() as page:
    {"path": click_path, "hostile": hostile, "accessible": accessible, "large": large}[what](page)
    print("ok", what)
