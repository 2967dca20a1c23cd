// A dozen icons, drawn as elements; each button that holds one also has words.

const shapes = {
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M7 5.5h3.6v13H7zM13.4 5.5H17v13h-3.6z",
  back: "M15 6l-6 6 6 6",
  next: "M9 6l6 6-6 6",
  plus: "M12 5.5v13M5.5 12h13",
  minus: "M5.5 12h13",
  fit: "M5 9V5h4M15 5h4v4M19 15v4h-4M9 19H5v-4",
  polygon: "M6 17.5L8.2 6.8 18 9.2 16.2 18.4z",
  box: "M5.5 7h13v10h-13z",
  circle: "M12 5a7 7 0 1 0 .01 0z",
  clear: "M7 7l10 10M17 7L7 17",
  sun: "M12 8a4 4 0 1 0 .01 0zM12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4",
  moon: "M19 14.5A7.8 7.8 0 0 1 9.5 5a7.6 7.6 0 1 0 9.5 9.5z",
  save: "M12 4.5v10M7.5 10.5L12 15l4.5-4.5M5 19h14",
  search: "M10.5 5a5.5 5.5 0 1 0 .01 0zM14.6 14.6L19.5 19.5",
} as const;

export type Icon = keyof typeof shapes;

export function Sign({ name }: { name: Icon }) {
  const solid = name === "play" || name === "pause";
  return (
    <svg class={solid ? "icon solid" : "icon"} viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
