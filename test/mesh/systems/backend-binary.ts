/** How a binary of the service behaves. */
export interface Behaviour {
  readonly version: string;
  /** The share of its answers that are 500. */
  readonly errorRate?: number;
  /** Its health address answers 500. */
  readonly sick?: boolean;
}

/** The text of a program that is a binary of the service: it listens on PORT, tells its version, its health, and a histogram of its answers for Prometheus. */
export function backendBinary({ version, errorRate = 0, sick = false }: Behaviour): string {
  return `// backend-api ${version}
const http = require('node:http');
const EDGES = [0.05, 0.1, 0.25, 0.5, 1, 2.5];
const series = { 200: { count: 0, under: EDGES.map(() => 0) }, 500: { count: 0, under: EDGES.map(() => 0) } };
let owed = 0;
function answer(request, response) {
  if (request.url === '/metrics') return response.end(metrics());
  if (request.url === '/api/v1/health') return response.writeHead(${sick ? 500 : 200}).end('ok');
  const began = process.hrtime.bigint();
  owed += ${errorRate};
  const status = owed >= 1 ? 500 : 200;
  if (status === 500) owed -= 1;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ version: '${version}' }));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  series[status].count += 1;
  EDGES.forEach((edge, i) => { if (seconds <= edge) series[status].under[i] += 1; });
}
function metrics() {
  const name = 'http_request_duration_seconds';
  const lines = Object.entries(series).flatMap(([status, { count, under }]) => {
    const labels = 'version="${version}",status="' + status + '"';
    return [
      ...EDGES.map((edge, i) => name + '_bucket{' + labels + ',le="' + edge + '"} ' + under[i]),
      name + '_bucket{' + labels + ',le="+Inf"} ' + count,
      name + '_count{' + labels + '} ' + count,
    ];
  });
  return '# TYPE ' + name + ' histogram\\n' + lines.join('\\n') + '\\n';
}
const server = http.createServer(answer);
server.keepAliveTimeout = 0;
server.listen(Number(process.env.PORT), '127.0.0.1');
`;
}
