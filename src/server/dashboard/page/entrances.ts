import type { RolloutDetail } from '../../api/schemas.js';
import { html } from './html.js';
import { percent } from './words.js';

const SHOWN = 20;

type Row = NonNullable<RolloutDetail['entrances']>[number];

/** Who reaches the service, and of whom nothing is seen. */
export function EntranceTable({ entrances }: Pick<RolloutDetail, 'entrances'>) {
  return html`<section aria-labelledby="entrances"><h2 id="entrances">Who reaches it</h2>
    ${entrances === null && html`<p class="muted">Consul would not tell.</p>`}
    ${entrances?.length === 0 && html`<p class="muted">Nobody that Consul knows of.</p>`}
    ${
      (entrances?.length ?? 0) > 0 &&
      html`<table><thead><tr><th scope="col">caller</th><th scope="col">kind</th><th scope="col">share</th><th scope="col">seen</th></tr></thead>
        <tbody>${entrances?.slice(0, SHOWN).map(
          (
            row,
          ) => html`<tr key=${`${row.node}/${row.id}`}><th scope="row">${row.name}<div class="muted">${row.via.join(', ')}</div></th>
            <td>${row.kind}</td><td>${percent(row.share)}</td><td>${seen(row)}</td></tr>`,
        )}</tbody></table>`
    }
    ${(entrances?.length ?? 0) > SHOWN && html`<p class="muted">and ${(entrances?.length ?? 0) - SHOWN} more</p>`}
  </section>`;
}

function seen({ read, why, certain, tcp, split, follows }: Row): string {
  const said = [
    ...(read ? [] : [why ?? 'not read']),
    ...(follows === false ? ['does not follow the weights'] : []),
    ...(certain ? [] : ['may send']),
    ...(tcp ? ['tcp: no weight moves it'] : split ? [] : ['goes past the splitter']),
  ];
  return said.length === 0 ? 'yes' : said.join('; ');
}
