/// The parts of the page that are the same for every run.
enum HTMLPage {
  static let style = """
    :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--line:#d0d7de;--soft:#f3f5f7;--good:#1a7f37;--bad:#b3261e;--warn:#9a6700}
    @media(prefers-color-scheme:dark){:root{--bg:#0f1318;--fg:#e6e9ed;--line:#343c46;--soft:#181e25;--good:#4cc26b;--bad:#ff8179;--warn:#e3b341}}
    *{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}
    header,main{max-width:75rem;margin:auto;padding:1rem 1.25rem}header{border-bottom:3px solid var(--good)}header.bad{border-color:var(--bad)}
    h1{font-size:1.4rem;margin:.3rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}p{margin:.3rem 0}
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
    thead th{background:var(--soft);position:sticky;top:0}thead button{all:unset;cursor:pointer}thead button:focus-visible{outline:2px solid currentColor}
    .n{text-align:right}.pass{color:var(--good)}.fail{color:var(--bad)}.error{color:var(--warn)}code,pre{font:13px/1.4 ui-monospace,monospace}
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--soft);padding:.6rem;margin:.3rem 0;max-height:24rem;overflow:auto}
    form{display:flex;gap:.6rem;flex-wrap:wrap;align-items:center;margin:.5rem 0}input,select,button{font:inherit;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:4px;padding:.3rem .5rem}
    tr.row{cursor:pointer}tr.row:focus-visible{outline:2px solid currentColor}ins{background:#1a7f3733;text-decoration:none}del{background:#b3261e33}
    .pair{display:grid;grid-template-columns:1fr 1fr;gap:.6rem}@media print{form,#more{display:none}thead th{position:static}}
    """

  static let controls = """
    <h2 id="h">Trials</h2>
    <form role="search" aria-label="Filter trials" onsubmit="return false">
    <label>Search <input id="q" type="search" placeholder="case, reply or reason"></label>
    <label>Outcome <select id="o"><option value="">all<option>pass<option>fail<option>error<option>skipped</select></label>
    <label>Target <select id="t"><option value="">all</select></label>
    <span id="n" role="status" aria-live="polite"></span></form>
    <table aria-labelledby="h"><thead><tr id="head"></tr></thead><tbody id="rows"></tbody></table>
    <button id="more" type="button">Show more</button>
    </main>

    """

  static let script = """
    'use strict';
    const all=JSON.parse(document.getElementById('trials').textContent);
    const $=id=>document.getElementById(id);
    const ms=v=>v==null?'n/a':v<1e6?(v/1e3).toFixed(v<1e4?1:0)+' ms':(v/1e6).toFixed(2)+' s';
    const usd=v=>v==null?'unknown':'$'+(v<0.01?v.toPrecision(3):v.toFixed(4));
    const cols=[['o','outcome'],['c','case'],['t','target'],['s','score',1],['l','latency',1,ms],['f','TTFT',1,ms],['k','tokens',1],['m','cost',1,usd]];
    let key='',down=false,shown=200,list=all;
    const el=(tag,text,cls)=>{const e=document.createElement(tag);if(text!=null)e.textContent=text;if(cls)e.className=cls;return e};
    for(const name of [...new Set(all.map(x=>x.t))]){const o=el('option',name);o.value=name;$('t').append(o)}
    for(const c of cols){const th=el('th',null,c[2]?'n':'');th.scope='col';const b=el('button',c[1]);b.type='button';b.onclick=()=>{down=key===c[0]&&!down;key=c[0];for(const x of $('head').children)x.removeAttribute('aria-sort');th.setAttribute('aria-sort',down?'descending':'ascending');draw()};th.append(b);$('head').append(th)}
    const text=x=>x.find||(x.find=(x.c+' '+(x.x||'')+' '+(x.e||'')+' '+x.h.map(h=>h[1]+' '+h[2]).join(' ')).toLowerCase());
    function draw(){const q=$('q').value.toLowerCase(),o=$('o').value,t=$('t').value;
    list=all.filter(x=>(!o||x.o===o)&&(!t||x.t===t)&&(!q||text(x).includes(q)));
    if(key)list=[...list].sort((a,b)=>{const x=a[key],y=b[key];const r=x==null?(y==null?0:1):y==null?-1:x<y?-1:x>y?1:0;return down?-r:r});
    $('n').textContent=list.length+' of '+all.length;const body=$('rows');body.replaceChildren();
    for(const x of list.slice(0,shown))body.append(row(x));$('more').hidden=list.length<=shown}
    function row(x){const tr=el('tr',null,'row');tr.tabIndex=0;tr.setAttribute('aria-expanded','false');
    for(const c of cols){const v=c[3]?c[3](x[c[0]]):c[0]==='s'?x.s.toFixed(3):c[0]==='c'&&x.r?x.c+' #'+(x.r+1):x[c[0]];tr.append(el('td',v,(c[2]?'n ':'')+(c[0]==='o'?x.o:'')))}
    const open=()=>{if(tr.nextSibling&&tr.nextSibling.className==='detail'){tr.nextSibling.remove();tr.setAttribute('aria-expanded','false')}else{tr.after(detail(x));tr.setAttribute('aria-expanded','true')}};
    tr.onclick=open;tr.onkeydown=e=>{if(e.key==='Enter'||e.key===' '){e.preventDefault();open()}};return tr}
    function detail(x){const tr=el('tr',null,'detail'),td=el('td');td.colSpan=cols.length;tr.append(td);
    if(x.w)td.append(el('p',x.w+' · trial '+x.id));if(x.e)td.append(el('p',x.e,'error'));
    const ul=el('ul');for(const h of x.h){const li=el('li');li.append(el('span',h[0],h[0]),' '+h[1]+': '+h[2]);ul.append(li)}td.append(ul);
    if(x.v){td.append(el('p','variables'));td.append(el('pre',x.v))}
    const others=all.filter(y=>y!==x&&y.c===x.c&&y.r===x.r&&y.p===x.p&&y.x!=null);
    td.append(el('p','reply'));td.append(el('pre',x.x==null?'no reply':x.x));
    if(x.x!=null&&others.length){const s=el('select');s.setAttribute('aria-label','Compare with');s.append(el('option','compare with …'));others.forEach((y,i)=>{const o=el('option',y.t);o.value=i;s.append(o)});
    const box=el('div',null,'pair');s.onclick=e=>e.stopPropagation();s.onchange=()=>{box.replaceChildren();const y=others[s.value];if(!y)return;const[a,b]=diff(x.x,y.x);box.append(a,b)};td.append(s,box)}return tr}
    function diff(a,b){const x=a.split(/(\\s+)/).slice(0,1500),y=b.split(/(\\s+)/).slice(0,1500),n=x.length,m=y.length;
    const d=Array.from({length:n+1},()=>new Uint16Array(m+1));for(let i=n-1;i>=0;i--)for(let j=m-1;j>=0;j--)d[i][j]=x[i]===y[j]?d[i+1][j+1]+1:Math.max(d[i+1][j],d[i][j+1]);
    const p=el('pre'),q=el('pre');let i=0,j=0;while(i<n||j<m){if(i<n&&j<m&&x[i]===y[j]){p.append(x[i]);q.append(y[j]);i++;j++}else if(j>=m||(i<n&&d[i+1][j]>=d[i][j+1])){p.append(el('del',x[i++]))}else{q.append(el('ins',y[j++]))}}return[p,q]}
    for(const id of ['q','o','t'])$(id).addEventListener('input',()=>{shown=200;draw()});
    $('more').onclick=()=>{shown+=1000;draw()};draw();
    """
}
