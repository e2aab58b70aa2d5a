import { openapi } from '../../../src/server/api/openapi.js';

process.stdout.write(`${JSON.stringify(openapi(), null, 2)}\n`);
