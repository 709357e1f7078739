/* Lists: an entry that has items, each a thing of its own with its list's id
 * and its place among the others.
 *
 * Memory that lacks is not made by force here, as in lua-nginx-module.
 */
#include "shm/space.h"

#include <string.h>

/* The first item's place: there is room on both sides. */
#define MIDDLE (UINT64_C(1) << 62)

void lco_dict_drop_items(lco_dict *d, uint32_t first)
{
    while (first) {
        uint32_t next = lco_item_at(d, first)->side[LCO_DICT_RIGHT];

        lco_space_set_dead(d, first);
        d->items--;
        lco_space_give(d, first);
        first = next;
    }
}

/* An item with V, not live. */
static uint32_t make_item(lco_dict *d, uint32_t entry, const lco_dict_value *v)
{
    unsigned type = v->type + LCO_THING_ITEM;
    uint64_t len = v->type == LCO_DICT_STRING ? v->len : 0;
    uint32_t item = 0;
    lco_item *it;
    lco_cursor c;

    if (len <= UINT32_MAX) {
        item = lco_space_take(d, lco_header_size(type), len);
    }
    if (!item) {
        return 0;
    }
    it = lco_item_at(d, item);
    it->t.len = (uint32_t) len;
    it->t.key_len = 0;
    it->t.type = (uint8_t) type;
    it->list = lco_entry_at(d, entry)->value;
    it->entry = entry;
    LCO_SHM_POINT();
    if (v->type == LCO_DICT_STRING) {
        lco_cursor_start(&c, d, item, lco_header_size(type));
        lco_cursor_write(&c, v->data, v->len);
    }
    else {
        memcpy(&it->value, &v->u, sizeof(it->value));
    }
    return item;
}

static void link_item(lco_dict *d, uint32_t entry, uint32_t item,
                      enum lco_dict_end end)
{
    lco_entry *e = lco_entry_at(d, entry);
    lco_item *it = lco_item_at(d, item);
    uint32_t beside = e->ends[end];

    if (!beside) {
        it->t.stamp = MIDDLE;
    }
    else if (end == LCO_DICT_LEFT) {
        it->t.stamp = lco_item_at(d, beside)->t.stamp - 1;
    }
    else {
        it->t.stamp = lco_item_at(d, beside)->t.stamp + 1;
    }
    lco_space_set_live(d, item);
    it->side[end] = 0;
    it->side[!end] = beside;
    if (beside) {
        lco_item_at(d, beside)->side[end] = item;
    }
    else {
        e->ends[!end] = item;
    }
    LCO_SHM_POINT();
    e->ends[end] = item;
    e->t.len++;
    d->items++;
}

lco_dict_rc lco_dict_push(lco_dict *d, const char *key, size_t key_len,
                          const lco_dict_value *v, enum lco_dict_end end,
                          int64_t now, uint32_t *len, int *no_list)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry, item;
    lco_dict_rc rc = LCO_DICT_OK;
    lco_cursor c;
    int made = 0;

    *no_list = 0;
    lco_space_lock(d);
    lco_dict_sweep(d, &now, 0);
    entry = lco_dict_find(d, hash, key, key_len);
    if (entry && lco_dict_expired(lco_entry_at(d, entry), &now)) {
        lco_dict_remove(d, entry);
        entry = 0;
    }
    if (entry) {
        lco_dict_touch(d, entry);
        if (lco_entry_at(d, entry)->t.type != LCO_DICT_LIST) {
            rc = LCO_DICT_NOT_LIST;
            goto out;
        }
    }
    else {
        lco_entry *e;

        entry = lco_dict_make(d, LCO_DICT_LIST, 0, hash, key, key_len, 0, &c);
        if (!entry) {
            *no_list = 1;
            rc = LCO_DICT_NO_MEMORY;
            goto out;
        }
        e = lco_entry_at(d, entry);
        e->value = ++d->clock;
        e->ends[LCO_DICT_LEFT] = e->ends[LCO_DICT_RIGHT] = 0;
        lco_dict_enter(d, entry);
        made = 1;
    }
    item = make_item(d, entry, v);
    if (item) {
        link_item(d, entry, item, end);
        *len = lco_entry_at(d, entry)->t.len;
    }
    else {
        rc = LCO_DICT_NO_MEMORY;
        if (made) {
            lco_dict_remove(d, entry);
        }
    }
out:
    lco_space_unlock(d);
    return rc;
}

lco_dict_rc lco_dict_pop(lco_dict *d, const char *key, size_t key_len,
                         enum lco_dict_end end, int64_t now, lco_dict_value *v,
                         lco_dict_buf *buf)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry, item, beside;
    lco_dict_rc rc = LCO_DICT_OK;
    const lco_item *it;
    lco_entry *e;
    lco_cursor c;

    lco_space_lock(d);
    lco_dict_sweep(d, &now, 0);
    entry = lco_dict_find(d, hash, key, key_len);
    e = lco_entry_at(d, entry);
    if (!entry || lco_dict_expired(e, &now)) {
        rc = LCO_DICT_NOT_FOUND;
        goto out;
    }
    lco_dict_touch(d, entry);
    if (e->t.type != LCO_DICT_LIST) {
        rc = LCO_DICT_NOT_LIST;
        goto out;
    }
    item = e->ends[end];
    it = lco_item_at(d, item);
    v->type = (lco_dict_type) (it->t.type - LCO_THING_ITEM);
    if (v->type == LCO_DICT_STRING) {
        v->len = it->t.len;
        if (!lco_dict_buf_reserve(buf, v->len)) {
            rc = LCO_DICT_NO_BUFFER;
            goto out;
        }
        lco_cursor_start(&c, d, item, lco_header_size(it->t.type));
        lco_cursor_read(&c, buf->data, v->len);
        v->data = buf->data;
    }
    else {
        memcpy(&v->u, &it->value, sizeof(it->value));
    }
    beside = it->side[!end];
    if (!beside) {
        lco_dict_remove(d, entry);
        goto out;
    }
    lco_space_set_dead(d, item);
    e->ends[end] = beside;
    LCO_SHM_POINT();
    lco_item_at(d, beside)->side[end] = 0;
    e->t.len--;
    d->items--;
    lco_space_give(d, item);
out:
    lco_space_unlock(d);
    return rc;
}

lco_dict_rc lco_dict_len(lco_dict *d, const char *key, size_t key_len,
                         int64_t now, uint32_t *len)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry;
    lco_dict_rc rc = LCO_DICT_OK;
    const lco_entry *e;

    lco_space_lock(d);
    lco_dict_sweep(d, &now, 0);
    entry = lco_dict_find(d, hash, key, key_len);
    e = lco_entry_at(d, entry);
    if (!entry || lco_dict_expired(e, &now)) {
        rc = LCO_DICT_NOT_FOUND;
        goto out;
    }
    lco_dict_touch(d, entry);
    if (e->t.type != LCO_DICT_LIST) {
        rc = LCO_DICT_NOT_LIST;
        goto out;
    }
    *len = e->t.len;
out:
    lco_space_unlock(d);
    return rc;
}
