/** The colours of a page; every pair of text and ground is at least 4.5 to 1 (WCAG 2.2, 1.4.3). */
const LIGHT = `--ground:#fff;--panel:#f5f7fa;--ink:#17212b;--muted:#52606d;--rule:#d5dce4;--grid:#e6ebf0;
--reading:#1457b8;--good:#17693f;--bad:#b3261e;--open:#7a5200;--violation:#b3261e12;--beyond:#b3261e38;
--critical:#b3261e;--high:#a8450c;--medium:#7a5200;--low:#1457b8;--clear:#17693f;--badge-ink:#fff`;
const DARK = `--ground:#0f151c;--panel:#18212b;--ink:#e8eef4;--muted:#a3b2c2;--rule:#2c3947;--grid:#212c38;
--reading:#79b0ff;--good:#66d69a;--bad:#ff9a90;--open:#f0c46c;--violation:#ff9a9014;--beyond:#ff9a903d;
--critical:#ff9a90;--high:#ffab73;--medium:#f0c46c;--low:#79b0ff;--clear:#66d69a;--badge-ink:#0f151c`;

const PAGE = `
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:62rem;margin:0 auto;padding:1.25rem 1.25rem 3rem}
h1{font-size:1.5rem;line-height:1.25;margin:1.75rem 0 .5rem;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:.8125rem;letter-spacing:.06em;text-transform:uppercase;color:var(--muted);margin:2.25rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--rule)}
p{margin:.5rem 0}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.muted{color:var(--muted)}
.small{font-size:.875rem}
.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}
.verdict{margin:.75rem 0;padding:.875rem 1.125rem;background:var(--panel);border-left:4px solid var(--muted);font-size:1.125rem;line-height:1.45;overflow-wrap:anywhere;color:var(--ink)}
.verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--bad)}.verdict.open{border-color:var(--open)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.5rem 1.5rem;margin:1rem 0 0}
.facts div{min-width:0}
dl.facts dt{font-size:.8125rem;color:var(--muted)}
dl.facts dd{margin:0;overflow-wrap:anywhere}
`;

const FIGURE = `
figure{margin:0}
.trend{display:block;width:100%;height:auto;overflow:visible;font-size:12.5px}
.trend.narrow{display:none;font-size:12px}
.trend text{fill:var(--ink)}
.trend .muted{fill:var(--muted)}
.trend .head{font-size:16px;font-weight:600}
.trend .head .muted{font-weight:400}
.grid line{stroke:var(--grid)}.grid .axis{stroke:var(--muted)}.grid text{fill:var(--muted)}
.violation{fill:var(--violation)}
.beyond polygon{fill:var(--beyond)}
.readings polyline{fill:none;stroke:var(--reading);stroke-width:2;stroke-linejoin:round}
.readings circle{fill:var(--reading)}
.limits line,.limits path{fill:none;stroke-width:1.25}
.limits .critical{--limit:var(--critical)}.limits .high{--limit:var(--high)}.limits .medium{--limit:var(--medium)}
.limits .low,.limits .other{--limit:var(--low)}.limits .clear{--limit:var(--clear)}
.limits line,.limits path{stroke:var(--limit)}.limits text{fill:var(--limit);font-weight:500}
.limits .high line{stroke-dasharray:9 3}.limits .medium line,.limits .low line{stroke-dasharray:5 4}.limits .clear line{stroke-dasharray:2 4}
.mark line{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3;opacity:.55}
.mark circle{fill:var(--ink)}.mark.good circle{fill:var(--good)}.mark.bad circle{fill:var(--bad)}.mark.open circle{fill:var(--open)}
.mark .number{fill:var(--badge-ink);font-size:12px;font-weight:600}.mark.plain .number{fill:var(--ground)}
.trend .missing{font-size:20px;fill:var(--muted)}
.marks{list-style:none;margin:.75rem 0 0;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(11.5rem,1fr));gap:.5rem 1.5rem;font-size:.9375rem}
.marks li{display:flex;gap:.5rem;min-width:0}
.marks b,.marks time{display:block;line-height:1.375}
.marks time{font-size:.875rem;color:var(--muted)}
.marks .number{flex:none;width:1.25rem;height:1.25rem;margin-top:.125rem;border-radius:50%;background:var(--ink);color:var(--ground);font-size:.75rem;font-weight:600;line-height:1.25rem;text-align:center}
.marks .good .number{background:var(--good);color:var(--badge-ink)}.marks .bad .number{background:var(--bad);color:var(--badge-ink)}.marks .open .number{background:var(--open);color:var(--badge-ink)}
.marks .good,.marks .bad,.marks .open{color:var(--ink)}
figcaption p{font-size:.875rem;color:var(--muted)}
`;

const SECTIONS = `
.timeline{list-style:none;margin:0;padding:0}
time span{white-space:nowrap}
.timeline li{display:grid;grid-template-columns:14.5rem 1fr;gap:0 1.25rem;padding:.375rem 0;border-bottom:1px solid var(--grid)}
.timeline time{color:var(--muted);font-size:.9375rem}
.timeline strong{font-weight:600}
.timeline div{min-width:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
th{text-align:left;font-weight:600;font-size:.8125rem;color:var(--muted);padding:.25rem .75rem .375rem 0;border-bottom:1px solid var(--rule);vertical-align:bottom}
td{padding:.5rem .75rem .5rem 0;border-bottom:1px solid var(--grid);vertical-align:top}
.long{overflow-wrap:anywhere}.word{overflow-wrap:break-word}
td:last-child,th:last-child{padding-right:0}
.change{font-weight:600;white-space:nowrap}
.checks{list-style:none;margin:0;padding:0}
.checks li{display:grid;grid-template-columns:5.5rem 1fr;gap:0 1.25rem;padding:.4375rem 0;border-bottom:1px solid var(--grid)}
.checks b{font-weight:600}
.checks div{min-width:0;overflow-wrap:anywhere}
.checks .is-open b{color:var(--muted)}.checks .is-passed b{color:var(--good)}.checks .is-failed b{color:var(--bad)}
.history{font-size:.8125rem}.history td{padding:.375rem .625rem .375rem 0}
footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--rule);font-size:.8125rem;color:var(--muted)}
@media (max-width:44rem){
main{padding:1rem 1rem 2rem}
h1{font-size:1.25rem}
.trend.wide{display:none}.trend.narrow{display:block}
.timeline li{grid-template-columns:1fr}
.checks li{grid-template-columns:4.75rem 1fr;gap:0 .75rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td{display:block}
tr{padding:.5rem 0;border-bottom:1px solid var(--rule)}
td{display:grid;grid-template-columns:7rem 1fr;gap:0 .75rem;border:0;padding:.125rem 0}
td::before{content:attr(data-label);color:var(--muted);font-size:.8125rem;line-height:1.6}
.change{white-space:normal}
}
`;

/** On paper the ink is black, whatever the screen likes, and nothing is cut in two that belongs together. */
const PRINT = `
@page{margin:14mm}
@media print{
:root{${LIGHT};--ink:#000;--muted:#3d4852;--panel:#fff;color-scheme:light}
html{font-size:10pt}
main{max-width:none;padding:0}
h1{margin-top:12pt}h2{margin-top:14pt;break-after:avoid}
.verdict{border:1px solid var(--rule);border-left-width:4px}
.trend.wide{display:block}.trend.narrow{display:none}
figure,.verdict,tr,.timeline li,.checks li,.facts div{break-inside:avoid}
thead{display:table-header-group}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;

/** The page's whole style sheet. Its hash stands in the page's security policy, so it is used byte for byte. */
export const STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}${PAGE}${FIGURE}${SECTIONS}${PRINT}`;
