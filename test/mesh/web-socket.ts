import { request } from 'node:http';
import type { Socket } from 'node:net';

/** Opens a WebSocket and keeps it open; rejects when it is not let in. */
export function openWebSocket(url: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'c3BsaXR0ZXItc3BsaXR0ZXI=',
    };
    const call = request(url, { headers });
    call.on('upgrade', (_response, socket) => resolve(socket.on('error', () => undefined) as Socket));
    call.on('response', ({ statusCode }) => reject(new Error(`the WebSocket was not let in: HTTP ${statusCode}`)));
    call.on('error', reject);
    call.end();
  });
}
