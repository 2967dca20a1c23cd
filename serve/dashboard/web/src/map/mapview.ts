// The map: OpenLayers moves, zooms and draws perimeters; what is seen of the zones is ours (painter.ts). Its plane is
// that of the release. No text of OpenLayers is used (labels and scale bar are ours), since it would write markup.

import OLMap from "ol/Map.js";
import View from "ol/View.js";
import Layer from "ol/layer/Layer.js";
import VectorLayer from "ol/layer/Vector.js";
import VectorSource from "ol/source/Vector.js";
import Projection from "ol/proj/Projection.js";
import Feature from "ol/Feature.js";
import Polygon, { fromCircle } from "ol/geom/Polygon.js";
import Circle from "ol/geom/Circle.js";
import type Geometry from "ol/geom/Geometry.js";
import Draw, { createBox } from "ol/interaction/Draw.js";
import Modify from "ol/interaction/Modify.js";
import { defaults as interactions } from "ol/interaction/defaults.js";
import Style from "ol/style/Style.js";
import Fill from "ol/style/Fill.js";
import Stroke from "ol/style/Stroke.js";
import CircleStyle from "ol/style/Circle.js";
import { unByKey } from "ol/Observable.js";

import type { Theme } from "../colour.ts";
import { palettes } from "../colour.ts";
import { first, holds, view as whole, type Ground, type Zone } from "../ground.ts";
import { Painter, circleRadius, type Scene } from "./painter.ts";

export type Tool = "polygon" | "box" | "circle";

export interface Events {
  pick(zone: Zone | null, add: boolean): void;
  hover(zone: Zone | null, x: number, y: number): void;
  perimeter(ring: number[][] | null, done: boolean): void; // closed, in metres; null when given up
  moved(x: number, y: number, resolution: number): void;
  ready(): void;
  drawing(tool: Tool | null): void;
}

const ratio = () => Math.min(2, window.devicePixelRatio || 1);

export class MapView {
  readonly scene: Scene = { ground: null, shown: [], looks: new Map(), only: -1, selected: [], hovered: -1, lines: [], plain: false };
  private painter = new Painter();
  private map: OLMap;
  private layer: Layer;
  private marks = new VectorSource<Feature<Geometry>>();
  private marksLayer = new VectorLayer({ source: this.marks });
  private modify = new Modify({ source: this.marks });
  private draw: Draw | null = null;
  private quietUntil = 0;
  private cross: [number, number] | null = null;
  private element: HTMLElement;
  private on: Events;

  constructor(element: HTMLElement, on: Events) {
    this.element = element;
    this.on = on;
    this.layer = new Layer({
      render: (state) =>
        this.painter.paint(this.scene, {
          size: state.size,
          ratio: state.pixelRatio,
          centre: state.viewState.center,
          resolution: state.viewState.resolution,
        }),
    });
    this.map = new OLMap({
      target: element,
      controls: [],
      layers: [this.layer, this.marksLayer],
      pixelRatio: ratio(),
      interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, shiftDragZoom: false, doubleClickZoom: false }),
    });
    this.map.addInteraction(this.modify);
    this.modify.on("modifyend", () => this.tell(this.marks.getFeatures()[0]?.getGeometry(), true));
    this.map.on("click", (e) => {
      if (this.draw || performance.now() < this.quietUntil) return;
      this.on.pick(this.zoneAt(e.coordinate), (e.originalEvent as MouseEvent).shiftKey);
    });
    this.map.on("pointermove", (e) => {
      if (e.dragging || this.draw) return this.hover(null, 0, 0);
      const mouse = e.originalEvent as PointerEvent;
      return this.hover(mouse.pointerType === "touch" ? null : this.zoneAt(e.coordinate), e.pixel[0], e.pixel[1]);
    });
    element.addEventListener("pointerleave", () => this.hover(null, 0, 0));
    this.map.on("moveend", () => {
      const v = this.map.getView();
      const c = v.getCenter();
      if (c && this.scene.ground) this.on.moved(c[0], c[1], v.getResolution() ?? 1);
    });
    this.map.on("rendercomplete", () => this.on.ready());
    element.addEventListener("keydown", (e) => this.key(e), true);
  }

  close() {
    this.map.setTarget(undefined);
    this.map.dispose();
  }

  dress(theme: Theme) {
    this.painter.dress(palettes[theme], ratio());
    const p = palettes[theme];
    const fill = new Fill({ color: p.mark + "26" });
    const knob = new CircleStyle({ radius: 6, fill: new Fill({ color: p.halo }), stroke: new Stroke({ color: p.mark, width: 2 }) });
    const style = [
      new Style({ stroke: new Stroke({ color: p.halo, width: 6 }) }),
      new Style({ fill, stroke: new Stroke({ color: p.mark, width: 2.5 }), image: knob }),
    ];
    this.marksLayer.setStyle(style);
    this.modify.getOverlay().setStyle(new Style({ image: knob }));
    this.style = style;
    this.refresh();
  }
  private style: Style[] = [];

  /** lay shows a geography; view is x, y, metres a pixel, or null for the first look. */
  lay(ground: Ground, view: number[] | null) {
    this.scene.ground = ground;
    const all = ground.zones.reduce(
      (b, z) => [Math.min(b[0], z.box[0]), Math.min(b[1], z.box[1]), Math.max(b[2], z.box[2]), Math.max(b[3], z.box[3])],
      [Infinity, Infinity, -Infinity, -Infinity],
    );
    const projection = new Projection({ code: `${ground.id}/${ground.version}`, units: "m", extent: all, getPointResolution: (r) => r });
    this.map.setView(
      new View({ projection, center: [(all[0] + all[2]) / 2, (all[1] + all[3]) / 2], resolution: 100, enableRotation: false, minResolution: 0.5, maxResolution: 20000 }),
    );
    this.map.updateSize();
    if (view) {
      this.map.getView().setCenter([view[0], view[1]]);
      this.map.getView().setResolution(view[2]);
    } else this.fit(first(ground), 0);
  }

  fit(box = this.scene.ground ? whole(this.scene.ground) : undefined, duration = 200) {
    if (!box || !(box[0] <= box[2])) return;
    const size = this.map.getSize() ?? [0, 0];
    const small = size[0] < 600;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map.getView().fit(box, { padding: small ? [116, 20, 92, 64] : [72, 32, 144, 88], duration: still ? 0 : duration, minResolution: 2 });
  }

  zoom(steps: number) {
    const v = this.map.getView();
    v.animate({ zoom: (v.getZoom() ?? 0) + steps, duration: 150 });
  }

  resolution = () => this.map.getView().getResolution() ?? 1;
  radius = () => circleRadius(this.map.getSize() ?? [600, 600]);

  /** refresh paints the scene as it is, in this frame. */
  refresh() {
    this.layer.changed();
  }

  resize() {
    this.map.updateSize();
  }

  say(summary: string) {
    this.painter.canvas.setAttribute("aria-label", summary);
  }

  /** mark shows a perimeter; null removes it. */
  mark(ring: number[][] | null) {
    if (this.draw) return;
    const now = this.marks.getFeatures()[0]?.getGeometry();
    if (ring && now instanceof Polygon && JSON.stringify(now.getCoordinates()[0]) === JSON.stringify(ring)) return;
    this.marks.clear();
    if (ring) this.marks.addFeature(new Feature(new Polygon([ring])));
  }

  /** start begins to draw; null ends it. */
  start(tool: Tool | null) {
    if (this.draw) this.map.removeInteraction(this.draw);
    this.draw = null;
    this.cross = null;
    const cross = this.element.querySelector<HTMLElement>(".cross");
    if (cross) cross.hidden = true;
    this.modify.setActive(!tool);
    this.on.drawing(tool);
    if (!tool) return;
    this.hover(null, 0, 0);
    this.marks.clear();
    const draw = new Draw({
      source: this.marks,
      type: tool === "polygon" ? "Polygon" : "Circle",
      geometryFunction: tool === "box" ? createBox() : undefined,
      style: this.style,
      stopClick: true,
      freehandCondition: () => false,
    });
    draw.on("drawstart", (e) => {
      const g = e.feature.getGeometry();
      const key = g?.on("change", () => this.tell(g, false));
      draw.once(["drawend", "drawabort"] as never, () => key && unByKey(key));
    });
    draw.on("drawend", (e) => {
      let g = e.feature.getGeometry();
      if (g instanceof Circle) e.feature.setGeometry((g = fromCircle(g, 64)));
      this.quietUntil = performance.now() + 400;
      setTimeout(() => {
        this.start(null);
        this.tell(g, true);
      });
    });
    this.draw = draw;
    this.map.addInteraction(draw);
  }

  private tell(g: Geometry | undefined, done: boolean) {
    if (g instanceof Circle) {
      if (g.getRadius() <= 0) return;
      g = fromCircle(g, 64);
    }
    if (!(g instanceof Polygon)) return;
    const ring = g.getCoordinates()[0];
    const distinct = new Set(ring.map((p) => p.join())).size;
    if (distinct >= 3) this.on.perimeter(ring, done);
  }

  private hover(z: Zone | null, x: number, y: number) {
    const index = z?.index ?? -1;
    if (index !== this.scene.hovered) {
      this.scene.hovered = index;
      this.refresh();
    }
    this.on.hover(z, x, y);
  }

  private zoneAt(c: number[]): Zone | null {
    const near = this.scene.shown.filter((z) => z.point);
    const r = this.resolution();
    let best: Zone | null = null;
    let closest = 18 * r;
    for (const z of near) {
      const circle = Math.sqrt(this.scene.looks.get(z.index)?.share ?? 0) * this.radius() * r;
      const d = Math.hypot(z.centre[0] - c[0], z.centre[1] - c[1]) - circle;
      if (d < Math.min(closest, 10 * r)) [best, closest] = [z, d];
    }
    return best ?? this.scene.shown.find((z) => holds(z, c[0], c[1])) ?? null;
  }

  // key draws without a pointer: arrows move a cross-hair, Enter sets a point, Backspace removes one, Escape ends.
  private key(e: KeyboardEvent) {
    if (!this.draw) return;
    const size = this.map.getSize() ?? [0, 0];
    const step = e.shiftKey ? 48 : 12;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (way) {
      this.cross ??= [size[0] / 2, size[1] / 2];
      this.cross = [this.cross[0] + way[0] * step, this.cross[1] + way[1] * step];
      this.aim();
    } else if (e.key === "Enter") {
      this.cross ??= [size[0] / 2, size[1] / 2];
      this.draw.appendCoordinates([this.map.getCoordinateFromPixel(this.cross)]);
      this.aim();
    } else if (e.key === "Backspace") this.draw.removeLastPoint();
    else if (e.key === "Escape") this.end();
    else return;
    e.preventDefault();
    e.stopImmediatePropagation(); // or the map would move too
  }

  /** end finishes a polygon that has three points, and gives up one that has not. */
  end() {
    const sketch = this.draw?.getOverlay().getSource()?.getFeatures() ?? [];
    const polygon = sketch.map((f) => f.getGeometry()).find((g) => g instanceof Polygon);
    const points = polygon instanceof Polygon ? new Set(polygon.getCoordinates()[0].map((p) => p.join())).size : 0;
    if (points >= 3) this.draw?.finishDrawing();
    else if (this.draw) {
      this.start(null);
      this.on.perimeter(null, false);
    }
  }

  private aim() {
    const el = this.element.querySelector<HTMLElement>(".cross");
    if (!el || !this.cross) return;
    el.hidden = false;
    el.style.left = `${this.cross[0]}px`;
    el.style.top = `${this.cross[1]}px`;
  }
}
