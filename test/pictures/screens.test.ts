import { expect } from 'chai';
import { rampScreens, type TerminalScreen } from './screens.js';

const ROWS = 24;

describe('a ramp in a real terminal (tmux)', function () {
  this.timeout(180_000);
  const WIDTHS = [80, 120] as const;
  let screens: ReadonlyMap<number, Awaited<ReturnType<typeof rampScreens>>>;
  before(async () => {
    screens = new Map(await Promise.all(WIDTHS.map(async (columns) => [columns, await rampScreens(columns, ROWS)] as const)));
  });
  for (const columns of WIDTHS)
    describe(`${columns} columns, ${ROWS} rows`, () => {
      let under: TerminalScreen;
      let reverted: TerminalScreen;
      before(() => {
        ({ under, reverted } = screens.get(columns)!);
      });
      const heads = ({ text }: TerminalScreen) => text.filter((row) => /^. (Progressing|Reverted)\s+step/.test(row));

      it('is one screen, drawn again in place: phase and service in one row, once', () => {
        expect(heads(under), under.text.join('\n')).to.have.length(1);
        expect(heads(under)[0]).to.match(/20%.*payments\s+LIVE$/);
        expect(heads(under)[0]!.length).to.be.at.most(columns);
        expect(under.text.length).to.be.at.most(ROWS);
      });

      it('says where traffic is, each signal against its bound, and what to type', () => {
        const text = under.text.join('\n');
        expect(text).to.match(/asked +stored +observed/);
        for (const signal of ['errors', 'latency']) expect(text).to.match(new RegExp(`${signal} +Successful .*<= `));
        expect(text).to.match(/splitter pause\|abort\|promote payments/);
      });

      it('has colours, which say nothing that the words do not', () => {
        expect(under.styled.join('\n')).to.include('\u001b[1m');
      });

      it('says at the end what happened, and what to type, where the prompt comes', () => {
        expect(heads(reverted).length, 'never twice').to.be.at.most(1);
        const end = reverted.text.slice(-4).join('\n');
        expect(end).to.match(/Reverted payments: errors: /);
        expect(end).to.match(/-> splitter history payments/);
      });
    });
});
