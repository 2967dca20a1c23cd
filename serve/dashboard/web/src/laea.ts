// The plane of the map: Lambert azimuthal equal area on GRS80, Snyder's ellipsoidal formulas, as in the server.

export interface Plane {
  lat0: number; // degrees
  lon0: number;
  fe: number; // metres
  fn: number;
}

const a = 6378137;
const f = 1 / 298.257222101;
const e2 = 2 * f - f * f;
const e = Math.sqrt(e2);
const rad = Math.PI / 180;

const half = (s: number) => Math.log((1 - e * s) / (1 + e * s)) / (2 * e);
const q = (s: number) => (1 - e2) * (s / (1 - e2 * s * s) - half(s));
const qp = q(1);
const rq = a * Math.sqrt(qp / 2);

function origin(p: Plane) {
  const s = Math.sin(p.lat0 * rad);
  const beta = Math.asin(q(s) / qp);
  const d = (a * Math.cos(p.lat0 * rad)) / Math.sqrt(1 - e2 * s * s) / (rq * Math.cos(beta));
  return { d, sin: Math.sin(beta), cos: Math.cos(beta) };
}

/** toPlane gives metres east and north of a longitude and latitude in degrees. */
export function toPlane(p: Plane, lon: number, lat: number): [number, number] {
  const o = origin(p);
  const beta = Math.asin(q(Math.sin(lat * rad)) / qp);
  const dl = (lon - p.lon0) * rad;
  const sb = Math.sin(beta);
  const cb = Math.cos(beta);
  const b = rq * Math.sqrt(2 / (1 + o.sin * sb + o.cos * cb * Math.cos(dl)));
  return [p.fe + b * o.d * cb * Math.sin(dl), p.fn + (b / o.d) * (o.cos * sb - o.sin * cb * Math.cos(dl))];
}

/** toDegrees gives longitude and latitude of a point of the plane: the inverse of toPlane. */
export function toDegrees(p: Plane, x: number, y: number): [number, number] {
  const o = origin(p);
  const px = (x - p.fe) / o.d;
  const py = (y - p.fn) * o.d;
  const rho = Math.hypot(px, py);
  if (rho === 0) return [p.lon0, p.lat0];
  const c = 2 * Math.asin(rho / (2 * rq));
  const sinBeta = Math.cos(c) * o.sin + (py * Math.sin(c) * o.cos) / rho;
  const lon = p.lon0 + Math.atan2(px * Math.sin(c), rho * o.cos * Math.cos(c) - py * o.sin * Math.sin(c)) / rad;
  return [lon, latitude(qp * sinBeta) / rad];
}

// latitude solves q(sin phi) = target for phi by Newton's method; five steps reach the last bit on Earth.
function latitude(target: number): number {
  let phi = Math.asin(target / 2);
  for (let i = 0; i < 12; i++) {
    const s = Math.sin(phi);
    const w = 1 - e2 * s * s;
    const step = ((w * w) / (2 * Math.cos(phi))) * (target / (1 - e2) - s / w + half(s));
    phi += step;
    if (Math.abs(step) < 1e-14) break;
  }
  return phi;
}
