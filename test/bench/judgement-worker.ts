import { parentPort } from 'node:worker_threads';
import { simulate, type Task } from './judgement-simulate.js';

parentPort?.on('message', (task: Task) => parentPort?.postMessage(simulate(task)));
