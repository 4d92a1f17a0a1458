"""Result files of many nights: the steps in each row's times, as a page and on a terminal."""
