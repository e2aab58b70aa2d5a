import type { ControllerEvent } from '../controller/events.js';
import { logEntry } from '../core/history.js';
import { isFinal } from '../core/rollout.js';
import { isFrozen } from '../core/schedule/freeze.js';
import type { Clock } from '../ports.js';
import type { Log } from '../server/log.js';
import { logDecision } from '../server/log-decision.js';
import { logMembership, logRecovery, logTrouble } from '../server/log-events.js';
import type { Metrics, RolloutOutcome } from '../server/metrics.js';

/** Who listens to a controller: its log and its metrics. */
export interface Ears {
  hear(event: ControllerEvent): void;
}

/** Ears that log each event as a line and count it. */
export function createEars(log: Log, metrics: Metrics, clock: Clock): Ears {
  let members: readonly string[] = [];
  let told = '';
  return {
    hear(event) {
      switch (event.kind) {
        case 'decided':
          return heardDecision(event, log, metrics, clock.now());
        case 'entry':
        case 'owned':
          return undefined;
        case 'due':
          return heardDue(event, log);
        case 'freeze': {
          const frozen = isFrozen(event.freeze, clock.now());
          const words = frozen ? `frozen by ${event.freeze.by}: ${event.freeze.reason}; nothing advances` : 'not frozen';
          return log.info({ what: 'freeze', frozen }, words);
        }
        case 'waves':
          return log.info(
            { service: event.service, what: 'waves', sites: event.state.sites },
            `${event.service}: ${event.state.why}`,
          );
        case 'conflict':
          return metrics.casConflict(event.service);
        case 'lag':
          return metrics.decided(event.ms);
        case 'trouble':
          metrics.consulTrouble(clock.now());
          return logTrouble(log, {
            what: 'consul',
            message: `${event.message}; nothing advances until it answers, reverts are tried`,
          });
        case 'calm':
          metrics.consulTrouble(undefined);
          return event.after === 0 ? undefined : logRecovery(log, 'consul', event.after);
        case 'refused':
          return logTrouble(log, { what: 'rollout', ...event });
        case 'members':
          logMembership(log, event.members, members);
          members = event.members;
          return metrics.members(members.length);
        case 'membership': {
          if (event.held || event.why === told) told = event.held ? '' : told;
          else logTrouble(log, { what: 'membership', message: `not registered: ${event.why}` });
          if (!event.held) told = event.why;
          return undefined;
        }
      }
    },
  };
}

function heardDue({ service, what, why }: Extract<ControllerEvent, { kind: 'due' }>, log: Log): void {
  const words = what === 'starts' ? `${why}: a rollout starts` : why;
  log[what === 'skipped' ? 'warn' : 'info']({ service, what: 'schedule', start: what }, words);
}

function heardDecision(
  { service, plan, rollout, before, findings, counts }: Extract<ControllerEvent, { kind: 'decided' }>,
  log: Log,
  metrics: Metrics,
  now: number,
): void {
  const of = { service, rollout: rollout.id, steps: plan.steps.length };
  logDecision(log, of, logEntry(rollout, now, findings, 0, 0), logEntry(before, now, [], 0, 0));
  if (!counts) return;
  const { phase, reason } = rollout.state;
  const back = phase === 'Reverting' || phase === 'Reverted' || phase === 'Superseded';
  const wasBack = before.state.phase === 'Reverting';
  if (back && !wasBack) metrics.reverted(service, reason);
  if (isFinal(rollout) && !isFinal(before))
    metrics.ended(phase.toLowerCase() as RolloutOutcome, (now - rollout.startedAt) / 1_000);
}
