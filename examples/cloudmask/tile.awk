# SPDX-License-Identifier: Apache-2.0
# Makes the square tile number `tile` with `size` pixels a side. A tile has one kind of surface and a few round
# clouds, thick in the middle and thin at the edge, where they are hard to tell from the surface.

# Nine channels, like those of a weather satellite: six reflectances from blue to 2.2 um, then three
# temperatures in kelvin. Ice is as bright as cloud, but dark in the last two reflectances; cloud is cold.
BEGIN {
    split("0.08 0.06 0.04 0.03 0.02 0.01 290 287 286", sea)
    split("0.10 0.13 0.17 0.32 0.30 0.22 302 296 295", land)
    split("0.82 0.80 0.77 0.60 0.12 0.08 264 259 258", ice)
    split("0.72 0.71 0.70 0.66 0.48 0.38 276 252 249", cloud)

    seed(2022 + tile)
    place_clouds()
    for (row = 0; row < size; row++)
        for (column = 0; column < size; column++)
            print pixel(thickness(column / size, row / size)) >file
    print file
    draw(48, 16)
}

function place_clouds(    i) {
    clouds = 2 + int(4 * random())
    for (i = 1; i <= clouds; i++) {
        centre_x[i] = random()
        centre_y[i] = random()
        radius[i] = 0.08 + 0.25 * random()
    }
}

# How thick the clouds are at (x, y), from 0 for clear sky to 1.
function thickness(x, y,    i, across, down, thick, most) {
    most = 0
    for (i = 1; i <= clouds; i++) {
        across = (x - centre_x[i]) / radius[i]
        down = (y - centre_y[i]) / radius[i]
        thick = 1.2 * (1 - across * across - down * down)
        if (thick > most) most = thick
    }
    return most < 1 ? most : 1
}

# One pixel as a line: what is seen through a cloud is a blend of the surface and the cloud.
function pixel(thick,    i, surface, value, line) {
    line = is_cloud(thick)
    for (i = 1; i <= 9; i++) {
        surface = tile % 3 == 0 ? sea[i] : tile % 3 == 1 ? land[i] : ice[i]
        value = surface + thick * (cloud[i] - surface)
        line = line (i <= 6 ? sprintf(" %.3f", value + noise(0.05)) : sprintf(" %.1f", value + noise(4)))
    }
    return line
}

function is_cloud(thick) {
    return thick > 0.2
}

# A small picture of the tile for the log: clear, thin and thick.
function draw(columns, rows,    row, column, thick, line) {
    for (row = 0; row < rows; row++) {
        line = ""
        for (column = 0; column < columns; column++) {
            thick = thickness(column / columns, row / rows)
            line = line (!is_cloud(thick) ? "." : thick < 0.7 ? "o" : "#")
        }
        print line
    }
}
