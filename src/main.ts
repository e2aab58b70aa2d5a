#!/usr/bin/env node
import { processIo } from './cli/process-io.js';
import { runCommand } from './cli/program.js';

const code = await runCommand(process.argv.slice(2), processIo());
// Sockets kept alive must not keep the command alive; streams are flushed first.
process.exitCode = code;
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
