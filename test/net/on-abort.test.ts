import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { onAbort } from '../../src/net/on-abort.js';

describe('waiting for an abort signal', () => {
  it('calls everybody who waits once, and nobody who has left', () => {
    const stop = new AbortController();
    const called: string[] = [];
    const act = (): void => void called.push('twice');
    onAbort(stop.signal, () => called.push('one'));
    onAbort(stop.signal, act);
    const forget = onAbort(stop.signal, act);
    forget();
    stop.abort();
    stop.abort();
    expect(called).to.deep.equal(['one', 'twice']);
  });

  it('never makes Node warn of a leak, however many wait on one signal', async () => {
    const warned: Error[] = [];
    const note = (warning: Error): void => void warned.push(warning);
    process.on('warning', note);
    const { signal } = new AbortController();
    for (let i = 0; i < 200; i++) onAbort(signal, () => undefined);
    await sleep(5);
    expect(warned).to.deep.equal([]);
    // The same with bare listeners warns: the check can fail.
    const bare = new AbortController().signal;
    const heard = once(process, 'warning');
    for (let i = 0; i < 12; i++) bare.addEventListener('abort', () => undefined);
    expect(String((await heard)[0])).to.include('MaxListenersExceededWarning');
    process.off('warning', note);
  });
});
