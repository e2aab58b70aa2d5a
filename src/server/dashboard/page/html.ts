import htm from 'htm';
import { h, type VNode } from 'preact';

/** Templates to nodes. Whatever is put into one is text or an attribute, never markup. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
