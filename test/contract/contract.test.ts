import { startConsul } from '../../src/sandbox/consul/serve.js';
import { startConsulAgent } from '../mesh/consul.js';
import { describeConsulContract } from './suite.js';

describeConsulContract('the sandbox', () => startConsul());
describeConsulContract('a real Consul', () => startConsulAgent({ node: 'sandbox' }));
