/// How the page looks: light, dark, narrow and on paper.
enum HTMLStyle {
  static let text = """

    :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--soft:#f3f5f7;--good:#1a7f37;--bad:#b3261e;--warn:#8a5a00;--focus:#0550ae;
    --c0:#0550ae;--c1:#b34700;--c2:#116329;--c3:#8250df;--c4:#a40e26;--c5:#00687a;--c6:#7a5200;--c7:#99286e}
    @media(prefers-color-scheme:dark){:root{--bg:#0f1318;--fg:#e6e9ed;--dim:#a3adb8;--line:#3a434e;--soft:#1a2129;--good:#5bd17a;--bad:#ff8f87;--warn:#e9bd55;--focus:#7cb8ff;
    --c0:#7cb8ff;--c1:#ffa657;--c2:#5bd17a;--c3:#c7a4ff;--c4:#ff9ba6;--c5:#59d3e6;--c6:#e9bd55;--c7:#ff9bd0}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}
    header,main{max-width:80rem;margin:auto;padding:1rem 1.25rem}
    header{border-bottom:4px solid var(--good)}header.bad{border-color:var(--bad)}
    h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:1.8rem 0 .5rem}h3{font-size:.95rem;margin:.2rem 0}p{margin:.3rem 0}h1,h2,h3,p,li,summary,figcaption{overflow-wrap:anywhere}
    .pass{color:var(--good)}.fail{color:var(--bad)}.error{color:var(--warn)}.skipped,.dim{color:var(--dim)}
    code,pre{font:13px/1.45 ui-monospace,"DejaVu Sans Mono",monospace}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
    th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
    thead th{background:var(--soft)}.n{text-align:right;white-space:nowrap}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
    figure{margin:0;padding:.6rem .8rem;border:1px solid var(--line);border-radius:6px}figcaption{color:var(--dim);font-size:13px}
    figure svg{width:100%;height:auto;display:block}svg text{fill:var(--fg);font:12px system-ui,sans-serif}
    .end{text-anchor:end}.middle{text-anchor:middle}.name{fill:var(--dim)}.row{font-weight:600}
    .grid{stroke:var(--line);fill:none}.axis{stroke:var(--dim);fill:none}.median{stroke:var(--fg);stroke-width:2}
    .line,.cross{fill:none;stroke-width:2}.bar{opacity:.75}.mark{stroke:var(--bg);stroke-width:1}
    .s0{fill:var(--c0);stroke:var(--c0)}.s1{fill:var(--c1);stroke:var(--c1)}.s2{fill:var(--c2);stroke:var(--c2)}.s3{fill:var(--c3);stroke:var(--c3)}
    .s4{fill:var(--c4);stroke:var(--c4)}.s5{fill:var(--c5);stroke:var(--c5)}.s6{fill:var(--c6);stroke:var(--c6)}.s7{fill:var(--c7);stroke:var(--c7)}
    .line,.cross{fill:none}.bar{stroke:none}.mark{stroke:var(--bg)}
    .s1.line{stroke-dasharray:7 3}.s2.line{stroke-dasharray:2 3}.s3.line{stroke-dasharray:9 3 2 3}
    .legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.3rem 0}.legend svg{width:14px;height:14px;vertical-align:-2px;margin-right:.35rem}
    form{display:flex;gap:.5rem .9rem;flex-wrap:wrap;align-items:center;margin:.5rem 0}
    input,select,button{font:inherit;color:inherit;background:var(--soft);border:1px solid var(--dim);border-radius:4px;padding:.25rem .5rem}
    button{cursor:pointer}:focus-visible{outline:3px solid var(--focus);outline-offset:1px}
    button[aria-pressed=true]{background:var(--fg);color:var(--bg)}
    #box{max-height:70vh;overflow:auto;border:1px solid var(--line);border-radius:6px;position:relative}
    #box table{table-layout:fixed}#box thead th{position:sticky;top:0;z-index:1}#box thead button{all:unset;cursor:pointer;font-weight:600}
    #box thead button:focus-visible{outline:3px solid var(--focus)}
    #box tbody tr{height:34px}#box tbody td,#box tbody th{padding:2px .6rem;height:34px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;font-weight:400;vertical-align:middle}
    #box tbody tr.gap td{padding:0;border:0;height:auto}#box tbody tr.gap{height:auto}
    #box tbody button{all:unset;cursor:pointer;display:block;width:100%;overflow:hidden;text-overflow:ellipsis;padding:3px 0}
    #box tbody button:focus-visible{outline:3px solid var(--focus);outline-offset:-3px}#box tbody tr:hover{background:var(--soft)}
    th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
    dialog{border:1px solid var(--line);border-radius:8px;background:var(--bg);color:var(--fg);width:min(96vw,82rem);max-height:94vh;padding:0}dialog::backdrop{background:#0009}
    .bar-top{position:sticky;top:0;background:var(--soft);border-bottom:1px solid var(--line);padding:.5rem .9rem;display:flex;gap:.5rem;align-items:center;flex-wrap:wrap;z-index:1}.bar-top h2{margin:0;flex:1;min-width:12rem;overflow-wrap:anywhere}
    .sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:0 1.2rem;padding:.6rem .9rem}
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--soft);padding:.6rem;margin:.3rem 0;max-height:26rem;overflow:auto;border-radius:4px}
    ins{background:#2da44e44;text-decoration:underline}del{background:#cf222e3d;text-decoration:line-through}
    ul.checks{padding-left:1.1rem;margin:.2rem 0;overflow-wrap:anywhere}
    .fall td,.fall th{font-size:13px;white-space:nowrap}.fall td.pic{width:45%;min-width:9rem}.fall svg{width:100%;height:16px;display:block}
    .w{fill:var(--line)}.b{fill:var(--c5)}.f{fill:var(--c6)}.o{fill:var(--c2)}.x{fill:var(--c4)}
    .key i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .8em;vertical-align:-.05em}.key .w{background:var(--line)}.key .b{background:var(--c5)}.key .f{background:var(--c6)}.key .o{background:var(--c2)}.key .x{background:var(--c4)}
    @media(max-width:40rem){figure{overflow-x:auto}figure svg{min-width:30rem}header,main{padding:.7rem}th,td{padding:.3rem .4rem}}
    @media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;--soft:#f3f3f3;--good:#0b5c22;--bad:#8c1d18;--warn:#6b4500;--c0:#0550ae;--c1:#b34700;--c2:#116329;--c3:#8250df;--c4:#a40e26;--c5:#00687a;--c6:#7a5200;--c7:#99286e}
    body{font-size:11px}form,dialog,.screen{display:none}#box{max-height:none;overflow:visible;border:0}figure svg{min-width:0}#box thead th{position:static}figure,tr{break-inside:avoid}.charts{grid-template-columns:1fr 1fr}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}

    """
}
