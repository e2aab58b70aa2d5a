import { expect } from 'chai';
import { type Diagnostic, renderDiagnostic } from '../../src/plan/diagnostic.js';

const MISSPELT: Diagnostic = {
  severity: 'error',
  file: 'plans/p.yaml',
  line: 3,
  column: 5,
  length: 6,
  message: 'unknown key "wieght" in step 1',
  hint: 'did you mean "weight"?',
  path: ['steps', 0, 'wieght'],
};

describe('renderDiagnostic', () => {
  it('shows the message, the place, the line with a caret, and what to write', () => {
    expect(renderDiagnostic(MISSPELT, 'a: 1\nsteps:\n  - wieght: 10\n').split('\n')).to.deep.equal([
      'Error: unknown key "wieght" in step 1 [plan-invalid]',
      '  plans/p.yaml:3:5',
      '    3 |   - wieght: 10',
      '      |     ^^^^^^',
      '  -> did you mean "weight"?',
    ]);
  });

  it('says the rest without the source', () => {
    expect(renderDiagnostic({ ...MISSPELT, severity: 'warning' })).to.match(
      /^Warning: unknown key .*\n {2}plans\/p.yaml:3:5\n {2}-> did/,
    );
  });

  it('keeps tabs before the caret, and cuts a line that is too long', () => {
    expect(renderDiagnostic({ ...MISSPELT, line: 1, column: 2 }, '\twieght').split('\n')[3]).to.equal('      | \t^^^^^^');
    const [, , line, caret] = renderDiagnostic({ ...MISSPELT, line: 1, column: 1001 }, `${'x'.repeat(1000)}wieght`).split('\n');
    expect(line!.slice(caret!.indexOf('^'))).to.equal('wieght');
    expect(line!.length).to.be.below(180);
  });

  it('shows no password of an address', () => {
    expect(renderDiagnostic({ ...MISSPELT, line: 1 }, 'url: "http://ana:secret@h/"')).to.include('http://**********@h/');
  });

  it('lets no escape code of a plan through to the terminal', () => {
    const rendered = renderDiagnostic({ ...MISSPELT, line: 1, message: 'a\u001b[31m' }, 'b\u001b]0;x\u0007');
    expect([...rendered].filter((c) => c < ' ' && c !== '\n')).to.deep.equal([]);
  });
});
