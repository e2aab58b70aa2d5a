#!/usr/bin/env node
import { keepSecrets } from './cli/keep-secrets.js';
import { processIo } from './cli/process-io.js';
import { runCommand } from './cli/program.js';

const io = processIo();
keepSecrets();
const code = await runCommand(process.argv.slice(2), io);
// Sockets kept alive must not keep the command alive; streams are flushed first.
process.exitCode = code;
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
