import { z } from 'zod';
import type { VendorSignal } from '../core/plan.js';
import { fail, type JsonAnswer, reduceSeries } from './answer.js';
import { lastPoint } from './last-point.js';
import type { Of } from './vendor.js';

type CloudwatchSignal = Of<VendorSignal, 'cloudwatch'>;

const result = z.object({
  Values: z.array(z.unknown()).default([]),
  Timestamps: z.array(z.number()).default([]),
  StatusCode: z.string().optional(),
});
const shape = z.object({ MetricDataResults: z.array(result) });
const refused = z.object({ message: z.string().optional(), Message: z.string().optional() });
const hint = 'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; they need cloudwatch:GetMetricData';

/**
 * The newest value of each series in the last `window` ms, made one number.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
 */
export function cloudwatchAnswer({ window, reduce }: CloudwatchSignal, now: number): JsonAnswer<z.output<typeof shape>> {
  return {
    who: 'CloudWatch',
    hints: { 400: 'check the query, and that the credentials are of this region', 401: hint, 403: hint },
    said(answer) {
      const { message, Message } = refused.safeParse(answer).data ?? {};
      return message ?? Message;
    },
    shape,
    read({ MetricDataResults: results }) {
      const numbers = results.map(({ StatusCode, Values, Timestamps }) => {
        if (StatusCode === 'Forbidden') return fail(`CloudWatch forbids this metric; ${hint}`);
        if (StatusCode === 'InternalError')
          return fail('CloudWatch could not read this metric; it is asked again at the next measurement');
        const points = Values.map((value, i) => ({ at: (Timestamps[i] ?? 0) * 1_000, value }));
        return lastPoint(points, { window, now, width: undefined });
      });
      return reduceSeries(numbers, reduce, 'make it one, for example with SUM(…) or without GROUP BY');
    },
  };
}
