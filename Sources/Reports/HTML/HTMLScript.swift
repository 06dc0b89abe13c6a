/// What the page does. It asks nobody: everything is in the page, and details are read only when they are needed.
/// Text goes in as text nodes alone, never as markup.
enum HTMLScript {
  static let text = #"""

    'use strict';
    const $=id=>document.getElementById(id);
    const run=JSON.parse($('run').textContent),T=run.trials,C=run.cases,V=run.variants;
    // A trial: case, variant, repetition, outcome, score, latency, ttft, tokens, cost, id.
    const CASE=0,VARIANT=1,REP=2,OUT=3,SCORE=4,LAT=5,TTFT=6,TOK=7,COST=8,ID=9;
    const words=['pass','fail','error','skipped'],marks=['✓','✗','!','–'];
    const el=(tag,text,cls)=>{const e=document.createElement(tag);if(text!=null)e.textContent=text;if(cls)e.className=cls;return e};
    const button=(text,label,act)=>{const b=el('button',text);b.type='button';if(label)b.setAttribute('aria-label',label);b.onclick=act;return b};
    const time=v=>v==null?'n/a':v<1e3?(v/1e3).toFixed(2)+' ms':v<1e4?(v/1e3).toFixed(1)+' ms':v<1e6?(v/1e3).toFixed(0)+' ms':v<1e7?(v/1e6).toFixed(2)+' s':(v/1e6).toFixed(1)+' s';
    const usd=v=>v==null?'unknown':v===0?'$0':v<1?'$'+Number(v.toPrecision(3)):'$'+v.toFixed(2);

    // Details: read in parts, when one of them is wanted.
    const parts=[...document.querySelectorAll('script.d')],loaded=[];
    const detail=i=>{const p=Math.floor(i/run.chunk);if(!parts[p])return null;loaded[p]||=JSON.parse(parts[p].textContent);return loaded[p][i%run.chunk]||null};
    const first=new Uint32Array(C.length+1);
    {let c=0;for(let i=0;i<T.length;i++)while(c<=T[i][CASE])first[c++]=i;while(c<=C.length)first[c++]=T.length}
    const variables=c=>{for(let i=first[c];i<first[c+1];i++){const d=detail(i);if(d&&d.v)return d.v}};
    const texts=[];
    const text=i=>texts[i]??=(()=>{const d=detail(i)||{};return(C[T[i][CASE]][0]+'\n'+(d.v||'')+'\n'+(d.x||'')+'\n'+(d.e||'')+'\n'+(d.h||[]).map(h=>run.types[h[1]]+' '+h[2]).join('\n')).toLowerCase()})();

    // What is listed: trials, or cases in a matrix; `rows` holds their numbers in order.
    let view='matrix',rows=[],sort='',down=false;
    const columns=[['outcome',OUT],['case',CASE],['variant',VARIANT],['score',SCORE],['latency',LAT,time],['TTFT',TTFT,time],['tokens',TOK],['cost',COST,usd]];
    V.forEach((name,i)=>{const o=el('option',name);o.value=i;$('variant').append(o)});
    const of=(c,v)=>{const found=[];for(let i=first[c];i<first[c+1];i++)if(T[i][VARIANT]===v)found.push(i);return found};
    const mean=(list,k)=>{let s=0,n=0;for(const i of list)if(T[i][k]!=null){s+=T[i][k];n++}return n?s/n:null};
    function kinds(c){const seen=new Map;let bad=0,flaky=false;for(let i=first[c];i<first[c+1];i++){const t=T[i];if(t[OUT]===1||t[OUT]===2)bad++;const k=t[VARIANT],o=seen.get(k);if(o!==undefined&&o!==t[OUT])flaky=true;seen.set(k,o===undefined?t[OUT]:Math.max(o,t[OUT]))}
      return{bad,flaky,differs:new Set(seen.values()).size>1}}
    function update(){
      const q=$('q').value.trim().toLowerCase(),out=$('outcome').value,variant=$('variant').value,show=$('show').value,found=[];
      for(let i=0;i<T.length;i++){const t=T[i];if(out!==''&&t[OUT]!==+out)continue;if(variant!==''&&t[VARIANT]!==+variant)continue;
        if(q&&!(C[t[CASE]][0].toLowerCase().includes(q)||text(i).includes(q)))continue;found.push(i)}
      const chosen=show?c=>kinds(c)[show]:null;
      if(view==='matrix'){rows=[];let last=-1;for(const i of found){const c=T[i][CASE];if(c!==last){last=c;if(!chosen||chosen(c))rows.push(c)}}}
      else rows=chosen?found.filter(i=>chosen(T[i][CASE])):found;
      if(sort!==''){
        let key;
        if(view==='trials')key=sort===CASE?i=>i:i=>T[i][sort];
        else if(sort==='bad')key=c=>kinds(c).bad;
        else if(sort==='name')key=c=>C[c][0];
        else key=c=>mean(of(c,sort),SCORE);
        const keyed=rows.map(r=>[key(r),r]);
        keyed.sort((a,b)=>{const x=a[0],y=b[0];if(x==null||y==null)return x==null?(y==null?a[1]-b[1]:1):-1;const o=x<y?-1:x>y?1:0;return(down?-o:o)||a[1]-b[1]});
        rows=keyed.map(r=>r[1])}
      $('count').textContent=(view==='matrix'?rows.length+' of '+C.length+' cases':rows.length+' of '+T.length+' trials');
      $('table').setAttribute('aria-rowcount',rows.length+1);box.scrollTop=0;from=-1;paint()}
    function head(){
      const tr=$('head');tr.replaceChildren();const cols=view==='trials'?columns.map(c=>[c[0],c[1],c[0]!=='outcome'&&c[0]!=='case'&&c[0]!=='variant']):[['case','name'],['failed','bad',1],...V.map((n,i)=>[n,i])];
      for(const[name,key,number]of cols){const th=el('th',null,number?'n':'');th.scope='col';if(sort===key)th.setAttribute('aria-sort',down?'descending':'ascending');
        th.append(button(name,null,()=>{down=sort===key?!down:view==='matrix'&&key==='bad';sort=key;head();update()}));th.title=name;tr.append(th)}
      const group=$('cols');group.replaceChildren();cols.forEach(([name,key])=>{const c=el('col');c.style.width=name==='case'?(innerWidth<640?'10rem':'18rem'):name==='variant'?'14rem':view==='matrix'&&key!=='bad'?'9rem':'6rem';group.append(c)});
      $('table').style.minWidth=(view==='matrix'?24+9*V.length:68)+'rem';if(innerWidth<640)$('table').style.minWidth=(view==='matrix'?16+9*V.length:60)+'rem'}

    // Only the rows in sight are in the document.
    const ROW=34,box=$('box'),body=$('rows');let from=-1,to=-1;
    function paint(all){
      const top=Math.floor(box.scrollTop/ROW),a=all?0:Math.max(0,top-12),b=Math.min(rows.length,all||top+Math.ceil(Math.max(box.clientHeight,innerHeight*.7)/ROW)+12);
      if(a===from&&b===to)return;from=a;to=b;
      const held=document.activeElement&&body.contains(document.activeElement)?document.activeElement.dataset.key:null;
      const gap=n=>{const tr=el('tr',null,'gap');tr.setAttribute('aria-hidden','true');const td=el('td');td.colSpan=99;td.style.height=n*ROW+'px';tr.append(td);return tr};
      const list=[];if(a>0)list.push(gap(a));for(let r=a;r<b;r++)list.push(line(r));if(b<rows.length&&!all)list.push(gap(rows.length-b));
      body.replaceChildren(...list);
      if(held){const again=body.querySelector('[data-key="'+held+'"]');if(again)again.focus({preventScroll:true})}}
    function line(r){
      const tr=el('tr');tr.setAttribute('aria-rowindex',r+2);let k=0;
      const cell=(text,cls,act,label,tag)=>{const td=el(tag||'td',null,cls);if(act){const b=button(text,label,act);b.dataset.key=r+':'+k++;td.append(b)}else td.textContent=text;tr.append(td);return td};
      if(view==='trials'){const i=rows[r],t=T[i];
        cell(marks[t[OUT]]+' '+words[t[OUT]],words[t[OUT]]);cell(C[t[CASE]][0]+(t[REP]?' #'+(t[REP]+1):''),'',()=>open(i),null,'th').scope='row';cell(V[t[VARIANT]]);
        for(const c of columns.slice(3))cell(c[2]?c[2](t[c[1]]):t[c[1]]==null?'n/a':c[1]===SCORE?+t[SCORE].toFixed(3)+'':t[c[1]]+'','n')}
      else{const c=rows[r];cell(C[c][0],'',()=>open(first[c]),null,'th').scope='row';cell(kinds(c).bad+'','n');
        for(let v=0;v<V.length;v++){const list=of(c,v);if(!list.length){cell('','dim');continue}
          const n=[0,0,0,0];for(const i of list)n[T[i][OUT]]++;const worst=n[2]?2:n[1]?1:n[0]?0:3,score=mean(list,SCORE);
          const shown=marks[worst]+' '+(list.length>1?n[0]+'/'+list.length:score==null?'':+score.toFixed(2));
          cell(shown,words[worst],()=>open(list[0]),words[worst]+(list.length>1?', '+n[0]+' of '+list.length+' passed':', score '+(score==null?'none':+score.toFixed(2)))+', '+V[v]+', '+C[c][0])}}
      return tr}
    box.addEventListener('scroll',()=>paint(),{passive:true});addEventListener('resize',()=>paint());
    body.addEventListener('keydown',e=>{const step={ArrowDown:1,ArrowUp:-1}[e.key];if(!step||!e.target.dataset.key)return;e.preventDefault();
      const[r,k]=e.target.dataset.key.split(':').map(Number),want=r+step;if(want<0||want>=rows.length)return;
      const y=want*ROW;if(y<box.scrollTop)box.scrollTop=y;if(y+2*ROW>box.scrollTop+box.clientHeight-ROW)box.scrollTop=y+3*ROW-box.clientHeight;paint();
      const next=body.querySelector('[data-key="'+want+':'+k+'"]')||body.querySelector('[data-key="'+want+':0"]');if(next)next.focus({preventScroll:true})});
    addEventListener('beforeprint',()=>{from=-1;paint(Math.min(rows.length,1000))});addEventListener('afterprint',()=>{from=-1;paint()});

    // One trial, and another of the same case beside it.
    const dialog=$('dialog');let shown=-1,other=-1;
    const name=i=>V[T[i][VARIANT]]+(T[i][REP]?' #'+(T[i][REP]+1):'');
    function open(i,beside){shown=i;const same=siblings(i);other=beside!==undefined?beside:(same.find(j=>T[j][VARIANT]!==T[i][VARIANT]&&T[j][REP]===T[i][REP])??same[0]??-1);fill();if(!dialog.open)dialog.showModal();history.replaceState(null,'','#trial-'+T[i][ID])}
    const siblings=i=>{const list=[],c=T[i][CASE];for(let j=first[c];j<first[c+1];j++)if(j!==i)list.push(j);return list};
    function step(n){const c=T[shown][CASE];let r=view==='matrix'?rows.indexOf(c):rows.indexOf(shown);r+=n;if(r<0||r>=rows.length)return;
      if(view==='trials')return open(rows[r]);const v=T[shown][VARIANT],list=of(rows[r],v);open(list.length?list[0]:first[rows[r]])}
    dialog.addEventListener('close',()=>{history.replaceState(null,'',location.pathname+location.search);from=-1;const held=body.querySelector('[data-key]');paint();if(document.activeElement===document.body&&held)box.focus()});
    dialog.addEventListener('keydown',e=>{if(e.target.matches('select,input'))return;if(e.key==='ArrowRight')step(1);if(e.key==='ArrowLeft')step(-1)});
    $('close').onclick=()=>dialog.close();$('prev').onclick=()=>step(-1);$('next').onclick=()=>step(1);
    function fill(){
      const t=T[shown],c=C[t[CASE]],same=siblings(shown);$('title').textContent=c[0];
      const pick=$('left'),beside=$('right');pick.replaceChildren();beside.replaceChildren();
      for(let j=first[t[CASE]];j<first[t[CASE]+1];j++){const o=el('option',name(j)+' · '+words[T[j][OUT]]);o.value=j;o.selected=j===shown;pick.append(o)}
      const none=el('option','nothing');none.value=-1;beside.append(none);for(const j of same){const o=el('option',name(j)+' · '+words[T[j][OUT]]);o.value=j;o.selected=j===other;beside.append(o)}
      const d=detail(shown),e=other>=0?detail(other):null,place=$('place');place.textContent=c[1]||'';
      const v=variables(t[CASE]);$('vars').replaceChildren();if(v){const s=el('details');s.append(el('summary','Variables'),el('pre',v));s.open=v.length<600;$('vars').append(s)}
      const sides=$('sides');sides.replaceChildren();
      let pair=null;if(d&&e&&d.x!=null&&e.x!=null)pair=diff(d.x,e.x);
      sides.append(side(shown,d,pair&&pair[0]));if(other>=0)sides.append(side(other,e,pair&&pair[1]))}
    $('left').onchange=e=>open(+e.target.value,+e.target.value===other?-1:other);$('right').onchange=e=>{other=+e.target.value;fill()};
    function side(i,d,marked){
      const t=T[i],s=el('section');s.setAttribute('aria-label',name(i));const h=el('h3',name(i)+' ');h.append(el('span',marks[t[OUT]]+' '+words[t[OUT]],words[t[OUT]]));s.append(h);
      s.append(el('p','score '+(t[SCORE]==null?'none':+t[SCORE].toFixed(3))+' · latency '+time(t[LAT])+' · TTFT '+time(t[TTFT])+' · '+t[TOK]+' tokens · '+usd(t[COST])+' · trial '+t[ID],'dim'));
      if(!d){s.append(el('p','Left out of this page for its size; see: assay show '+run.name+' --trial '+t[ID]));return s}
      if(d.e)s.append(el('p',d.e,'error'));if(d.w)s.append(el('p',d.w));
      if(d.h&&d.h.length){const ul=el('ul',null,'checks');for(const x of d.h){const li=el('li');li.append(el('span',marks[x[0]]+' '+words[x[0]],words[x[0]]),' '+run.types[x[1]]+': '+x[2]);ul.append(li)}s.append(ul)}
      s.append(el('h4','Reply'));s.append(marked||el('pre',d.x==null?'no reply':d.x));
      if(d.k&&d.k.length)s.append(el('h4','Calls'),waterfall(d.k));return s}

    // A call: purpose, target, start, total, error, attempts; an attempt: start, done, first byte, first
    // output, last output, status, error. Microseconds from the start of the trial.
    function waterfall(calls){
      const end=Math.max(1,...calls.map(k=>k[2]+k[3])),table=el('table',null,'fall'),hr=el('tr'),thead=el('thead'),tb=el('tbody');
      for(const[x,cls]of[['call'],['status'],['waited','n'],['first output','n'],['took','n'],['timeline']]){const th=el('th',x,cls);th.scope='col';hr.append(th)}thead.append(hr);table.append(thead,tb);
      const NS='http://www.w3.org/2000/svg',px=v=>(v/end*400).toFixed(1);
      const bar=(svg,a,b,cls)=>{if(!(b>a))return;const r=document.createElementNS(NS,'rect');r.setAttribute('x',px(a));r.setAttribute('width',Math.max(1,(b-a)/end*400).toFixed(1));r.setAttribute('y',2);r.setAttribute('height',12);r.setAttribute('class',cls);svg.append(r)};
      for(const k of calls){const list=k[5].length?k[5]:[[0,k[3],null,null,null,null,k[4]]];
        list.forEach((a,n)=>{const tr=el('tr'),start=k[2]+a[0],done=start+a[1];
          const th=el('th',k[0]+(k[1]?' · '+k[1]:'')+(list.length>1?' · attempt '+(n+1):''));th.scope='row';tr.append(th);
          tr.append(el('td',a[6]||(a[5]==null?'ok':a[5]+''),a[6]?'error':''),el('td',time(n?a[0]-list[n-1][0]-list[n-1][1]:a[0]),'n'),el('td',time(a[3]),'n'),el('td',time(a[1]),'n'));
          const td=el('td',null,'pic'),svg=document.createElementNS(NS,'svg');svg.setAttribute('viewBox','0 0 400 16');svg.setAttribute('preserveAspectRatio','none');svg.setAttribute('aria-hidden','true');
          const before=n?k[2]+list[n-1][0]+list[n-1][1]:k[2];bar(svg,before,start,'w');
          if(a[6])bar(svg,start,done,'x');else{const b=start+(a[2]??a[1]),f=start+(a[3]??a[2]??a[1]);bar(svg,start,b,'b');bar(svg,b,f,'f');bar(svg,f,done,'o')}
          td.append(svg);tr.append(td);tb.append(tr)})}
      const wrap=el('div',null,'wide'),key=el('p',null,'key dim');for(const[c,x]of[['w','waited'],['b','to the first byte'],['f','to the first output'],['o','output'],['x','failed']])key.append(el('i',null,c),x);wrap.append(table,key);return wrap}

    // Words that differ (Myers 1986); where all but everything does, the whole is marked.
    function diff(a,b){
      const cut=s=>s.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu)||[],x=cut(a),y=cut(b);let s=0,n=x.length,m=y.length;
      while(s<n&&s<m&&x[s]===y[s])s++;while(n>s&&m>s&&x[n-1]===y[m-1]){n--;m--}
      const N=n-s,M=m-s,keepX=new Uint8Array(N),keepY=new Uint8Array(M),most=Math.min(N+M,1200),o=most+1,v=new Int32Array(2*most+3),trail=[];let end=-1;
      search:for(let d=0;d<=most;d++){trail.push(v.slice(o-d-1,o+d+2));
        for(let k=-d;k<=d;k+=2){let i=k===-d||(k!==d&&v[o+k-1]<v[o+k+1])?v[o+k+1]:v[o+k-1]+1;
          while(i<N&&i-k<M&&x[s+i]===y[s+i-k])i++;v[o+k]=i;if(i>=N&&i-k>=M){end=d;break search}}}
      if(end>=0){let i=N,j=M;
        for(let d=end;d>0;d--){const w=trail[d],at=k=>w[k+d+1],k=i-j,up=k===-d||(k!==d&&at(k-1)<at(k+1)),pi=at(up?k+1:k-1),start=up?pi:pi+1;
          while(i>start){i--;j--;keepX[i]=1;keepY[j]=1}i=pi;j=pi-(up?k+1:k-1)}
        while(i>0){i--;j--;keepX[i]=1;keepY[j]=1}}
      const show=(list,keep,to,tag)=>{const pre=el('pre');let run='',marked=null;const flush=()=>{if(run)pre.append(marked?el(tag,run):run);run=''};
        for(let i=0;i<list.length;i++){const mark=i>=s&&i<to&&!keep[i-s];if(mark!==marked){flush();marked=mark}run+=list[i]}flush();return pre};
      return[show(x,keepX,n,'del'),show(y,keepY,m,'ins')]}

    for(const id of['q','outcome','variant','show'])$(id).addEventListener('input',update);
    for(const id of['matrix','trials'])$(id).onclick=()=>{view=id;sort='';for(const x of['matrix','trials'])$(x).setAttribute('aria-pressed',x===id);head();update()};
    if(V.length<2&&C.length===T.length)$('trials').click();else{head();update()}
    const wanted=/^#trial-(\d+)$/.exec(location.hash);if(wanted){const i=T.findIndex(t=>t[ID]===+wanted[1]);if(i>=0)open(i)}

    """#
}
