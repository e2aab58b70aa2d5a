import { json, type Routes } from './call.js';

/** Leader and peers; the server replaces the leader by an empty one while the sandbox is leaderless. */
export const LEADER = '127.0.0.1:8300';

/** /v1/status and /v1/agent/self's neighbours that say what there is. */
export const statusRoutes: Routes = {
  '/v1/status/leader': { GET: () => json(LEADER) },
  '/v1/status/peers': { GET: () => json([LEADER]) },
  '/v1/catalog/datacenters': { GET: ({ state }) => json([state.datacenter]) },
};
