import type { ReactNode } from "react";

// Icons of the console: 16 x 16, strokes of 1.5, drawn for this project. Always beside a word or with a label of the button.
const PATHS = {
  overview: <path d="M2.5 13.5v-5m4 5v-9m4 9v-6m3.5 6V3" />,
  findings: <path d="M2.5 4h11M2.5 8h11M2.5 12h7" />,
  controls: <path d="M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.8 8l1.6 1.6L10.4 6.5" />,
  rules: <path d="M6 3.5L2.5 8 6 12.5M10 3.5L13.5 8 10 12.5" />,
  acceptances: <path d="M3 2.5h7l3 3v8H3zM5.5 9l1.7 1.7L10.7 7" />,
  health: <path d="M1.5 8.5h3l2-5 3 9 2-4h3" />,
  settings: <path d="M2 4.5h6m4 0h2M2 11.5h2m4 0h6M10 2.5v4M6 9.5v4" />,
  clock: <path d="M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 2.5V8l2.5 1.5" />,
  cluster: <path d="M8 2l5 3v6l-5 3-5-3V5zM3 5l5 3 5-3M8 8v6" />,
  sun: <path d="M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />,
  moon: <path d="M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z" />,
  user: <path d="M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 13.5c.6-2.6 2.7-4 5.2-4s4.6 1.4 5.2 4" />,
  play: <path d="M4.5 3l8 5-8 5z" />,
  pause: <path d="M5 3v10M11 3v10" />,
  close: <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" />,
  down: <path d="M4 6l4 4 4-4" />,
  right: <path d="M6 4l4 4-4 4" />,
  back: <path d="M10 3L5 8l5 5" />,
  check: <path d="M3 8.5l3.2 3L13 4.5" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  search: <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.2 3.2" />,
  link: <path d="M6.5 9.5l3-3M5 7L3.4 8.6a2.8 2.8 0 0 0 4 4L9 11M7 5l1.6-1.6a2.8 2.8 0 0 1 4 4L11 9" />,
  download: <path d="M8 2.5v7M5 7l3 3 3-3M3 13.5h10" />,
  table: <path d="M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6" />,
  warn: <path d="M8 2.5l6 11H2zM8 6.5V10M8 11.3v.9" />,
  help: <path d="M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.2 6.3c.2-1.2 1-1.7 1.9-1.7 1 0 1.8.7 1.8 1.7 0 1.4-1.9 1.5-1.9 3M8 11.2v.6" />,
  save: <path d="M4 2.5h8v11l-4-3-4 3z" />,
  rows: <path d="M2.5 3.5h11M2.5 6.5h11M2.5 9.5h11M2.5 12.5h11" />,
  rows2: <path d="M2.5 3.5h11v3.5h-11zM2.5 9.5h11V13h-11z" />,
  fold: <path d="M2.5 3h11M2.5 13h11M8 5.2v1.6M8 9.2v1.6M5.8 5.5L8 7.3l2.2-1.8M5.8 10.5L8 8.7l2.2 1.8" />,
  group: <path d="M2.5 4h11M5 8h8.5M5 12h8.5M2.5 6v6.5" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PATHS;

/** An icon. It is hidden from screen readers: the word beside it, or the label of the button, speaks. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {PATHS[name]}
    </svg>
  );
}
