import { expect } from 'chai';
import { Page, Pages } from '../../src/signals/pages.js';
import { serve } from './fakes.js';

const line = (service: string, code: number, count: number): string =>
  `envoy_cluster_upstream_rq_xx{envoy_response_code_class="${code}",consul_destination_service_subset="green",consul_destination_service="${service}"} ${count}`;

describe('metrics pages', () => {
  it('divide into the lines of each service, and leave out what names none', () => {
    const page = new Page(
      [
        '# TYPE x counter',
        line('payments', 2, 7),
        'envoy_server_live{} 1',
        line('orders', 2, 3),
        line('payments', 5, 1),
        '',
      ].join('\n'),
    );
    expect(page.linesOf('payments')).to.equal([line('payments', 2, 7), line('payments', 5, 1)].join('\n'));
    expect(page.linesOf('orders')).to.equal(line('orders', 2, 3));
    expect(page.linesOf('pay')).to.equal('');
  });

  it('are no page when another program answers', () => {
    expect(() => new Page('<html>')).to.throw('no metrics page of Envoy');
  });

  it('tell who wrote them, and whether an application has its part in them', () => {
    const facts = 'envoy_server_uptime{local_cluster="web"} 12\nenvoy_server_initialization_time_ms_sum{} 464.99\n';
    const own = new Page(`# TYPE envoy_server_uptime gauge\n${facts}`);
    expect([own.facts, own.merged]).to.deep.equal([{ uptime: 12, born: '464.99' }, false]);
    expect(new Page(`${facts}# TYPE http_requests_total counter\nhttp_requests_total 7\n`).merged).to.equal(true);
    expect(new Page('').facts).to.deep.equal({});
  });

  it('are refused when they end within a line', () => {
    expect(() => new Page(`${line('payments', 2, 7)}\n${line('payments', 5, 1)}`)).to.throw('cut off');
  });

  it('are read once by all who look within a moment, and anew after it', async () => {
    let [asked, now] = [0, 1_000];
    const server = await serve((_request, response) => {
      asked++;
      response.end(`${line('payments', 2, asked)}\n`);
    });
    try {
      const pages = new Pages(() => now);
      const read = (): Promise<Page> | undefined => pages.turn(server.address, new Set(['classes']))?.page;
      const [one, other] = await Promise.all([read(), read()]);
      expect(one).to.equal(other);
      now += 100;
      expect((await read())!.linesOf('payments')).to.equal(line('payments', 2, 2));
      expect(asked).to.equal(2);
    } finally {
      await server.close();
    }
  });
});
