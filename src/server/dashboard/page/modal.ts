import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { html } from './html.js';

/** A dialog: it takes the focus, Escape leaves it, and the focus goes back where it was. */
export function Modal(props: { title: string; onClose: () => void; children?: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    element.current?.showModal();
  }, []);
  return html`<dialog ref=${element} aria-labelledby="modal-title" onClose=${props.onClose}>
    <h2 id="modal-title">${props.title}</h2>
    ${props.children}
  </dialog>`;
}

/** Closes the dialog that an element is in. */
export function leave(event: Event): void {
  (event.currentTarget as HTMLElement).closest('dialog')?.close();
}
