import { startConsul } from '../../src/sandbox/consul/serve.js';
import { bootRealConsul } from './real-consul.js';
import { describeConsulContract } from './suite.js';

describeConsulContract('the sandbox', () => startConsul());
describeConsulContract('a real Consul', bootRealConsul);
