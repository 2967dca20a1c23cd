// Patterns that carry meaning without colour: a diagonal hatch for what is not shown, dots for what is modelled or
// uncertain. They keep their size on the screen while the map moves.

function tile(side: number, ratio: number, draw: (c: CanvasRenderingContext2D) => void): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * ratio;
  const c = canvas.getContext("2d");
  if (c) {
    c.scale(ratio, ratio);
    draw(c);
  }
  return canvas;
}

export function hatch(colour: string, ratio: number): HTMLCanvasElement {
  return tile(8, ratio, (c) => {
    c.strokeStyle = colour;
    c.lineWidth = 1.1;
    c.beginPath();
    for (const x of [-8, 0, 8]) {
      c.moveTo(x - 1, 9);
      c.lineTo(x + 9, -1);
    }
    c.stroke();
  });
}

export function dots(colour: string, ratio: number): HTMLCanvasElement {
  return tile(6, ratio, (c) => {
    c.fillStyle = colour;
    c.beginPath();
    c.arc(1.5, 1.5, 0.8, 0, 7);
    c.arc(4.5, 4.5, 0.8, 0, 7);
    c.fill();
  });
}
