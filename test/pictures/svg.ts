const ROW = 18;
const COLUMN = 8.4;
const MARGIN = 14;

/** Lines of a terminal as an SVG for light and dark pages; escape codes become classes. */
export function drawTerminal(title: string, lines: readonly string[], columns = 80): string {
  const width = Math.ceil(columns * COLUMN + 2 * MARGIN);
  const height = lines.length * ROW + 2 * MARGIN;
  const rows = lines.map(
    (line, i) => `<text x="${MARGIN}" y="${MARGIN + (i + 0.75) * ROW}" xml:space="preserve">${spans(line)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">
<title>${escapeText(title)}</title>
<style>
text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1b1f24; white-space: pre }
rect { fill: #f6f8fa }
.bold { font-weight: bold } .dim { fill: #57606a } .bad { fill: #b4232a; font-weight: bold } .warn { fill: #8a5a00 }
@media (prefers-color-scheme: dark) { rect { fill: #171d24 } text { fill: #e6edf3 } .dim { fill: #9aa7b4 } .bad { fill: #ff7b72 } .warn { fill: #f2cc60 } }
</style>
<rect width="100%" height="100%" rx="8"/>
${rows.join('\n')}
</svg>
`;
}

const CLASSES: Readonly<Record<string, string>> = { '1': 'bold', '2': 'dim', '31': 'bad', '33': 'warn' };

function spans(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one
  const parts = line.trimEnd().split(/\u001b\[([\d;]*)m/);
  return parts
    .map((part, i) => {
      if (i % 2 === 1 || part === '') return '';
      const style = i === 0 ? undefined : classOf(parts[i - 1] ?? '');
      return style === undefined ? escapeText(part) : `<tspan class="${style}">${escapeText(part)}</tspan>`;
    })
    .join('');
}

/** Of several codes at once the last that shows counts: `1;31` is red, and red is bold here. */
function classOf(codes: string): string | undefined {
  return codes
    .split(';')
    .map((code) => CLASSES[code])
    .findLast((name) => name !== undefined);
}

function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
